package ort

// npmPackage is the package of the npm registry that carries the libraries, for
// all platforms in one archive.
const npmPackage = "onnxruntime-node"

// npmIntegrity is the registry's integrity string (sha512, base64) of
// onnxruntime-node at Version.
const npmIntegrity = "sha512-twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw=="

// pin is one file of the package that a platform needs.
type pin struct {
	path   string // inside the archive
	name   string // in the cache
	size   int64
	sha256 string
}

// npmFiles lists what each platform (GOOS/GOARCH) takes out of the package, the
// library itself first. The further files of Windows are those of the DirectML
// device. Platforms that are not listed use the release archive.
var npmFiles = map[string][]pin{
	"linux/amd64": {
		{"package/bin/napi-v6/linux/x64/libonnxruntime.so.1", "libonnxruntime.so.1", 45828512, "ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23"},
	},
	"linux/arm64": {
		{"package/bin/napi-v6/linux/arm64/libonnxruntime.so.1", "libonnxruntime.so.1", 25135496, "1f549d46250b005580b597f4164984aaf75b3bcb9f3aeb07c7f8a8fe60b23c76"},
	},
	"darwin/arm64": {
		{"package/bin/napi-v6/darwin/arm64/libonnxruntime.1.30.0.dylib", "libonnxruntime.1.30.0.dylib", 44589928, "685d2be5dba1309c89d3a5324b7fd06a5c42f1a61bfea32d14c4cc28d072121d"},
	},
	"windows/amd64": {
		{"package/bin/napi-v6/win32/x64/onnxruntime.dll", "onnxruntime.dll", 28754232, "508c362f5673483dd3a086379c392795b2e42d10d5e6f3f90ebd7ac21c97af67"},
		{"package/bin/napi-v6/win32/x64/DirectML.dll", "DirectML.dll", 18527584, "234e8898778cdec88d3cb0539508273494082812c968699f3de665a018971625"},
	},
	"windows/arm64": {
		{"package/bin/napi-v6/win32/arm64/onnxruntime.dll", "onnxruntime.dll", 29815136, "6c3a2abf5c6aca11c48a0d338a91af309f2266f25ce2e4084e6a87bbcb0fbfd0"},
		{"package/bin/napi-v6/win32/arm64/DirectML.dll", "DirectML.dll", 18444600, "aaf72a9d55aa123e0708d957d30dd4fbeb7a2e335ec6257ed5ff4261a402b9ee"},
	},
}

// releaseArchives names the project's own release archive of each platform; %s
// is the version.
var releaseArchives = map[string]string{
	"linux/amd64":   "onnxruntime-linux-x64-%s.tgz",
	"linux/arm64":   "onnxruntime-linux-aarch64-%s.tgz",
	"darwin/arm64":  "onnxruntime-osx-arm64-%s.tgz",
	"darwin/amd64":  "onnxruntime-osx-x86_64-%s.tgz",
	"windows/amd64": "onnxruntime-win-x64-%s.zip",
	"windows/arm64": "onnxruntime-win-arm64-%s.zip",
}
