package index

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Module returns what an import in the file from names the file at path by: "pkg.rates" in Python, "./rates" in JavaScript and TypeScript, "example.org/pkg" in Go, "a.b" in Java, "crate::rates"
// in Rust. It is "" where that is not known, and for a file of the same package in Go and Java, where nothing is to be imported.
func (x *Index) Module(path, from string) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	f := x.files[path]
	if f == nil || path == from {
		return ""
	}
	switch family(f.language) {
	case "python":
		return x.pythonModule(path)
	case "javascript":
		return scriptModule(path, from)
	case "java":
		if other := x.files[from]; other != nil && other.packageName == f.packageName {
			return ""
		}
		return x.words[f.packageName]
	case "go":
		if filepath.Dir(path) == filepath.Dir(from) {
			return ""
		}
		return x.goModule(filepath.Dir(path))
	case "rust":
		return x.rustModule(path, from)
	}
	return ""
}

// pythonModule goes up as long as there are packages; a directory src, and the folder, end the way of one that is in none.
func (x *Index) pythonModule(path string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".pyi"), ".py")
	var parts []string
	if name != "__init__" {
		parts = append(parts, name)
	}
	packaged := func(dir string) bool {
		return x.files[filepath.Join(dir, "__init__.py")] != nil || x.files[filepath.Join(dir, "__init__.pyi")] != nil
	}
	dir := filepath.Dir(path)
	goesOn := packaged
	if !packaged(dir) {
		goesOn = func(dir string) bool { return filepath.Base(dir) != "src" }
	}
	for ; len(dir) > len(x.folder) && goesOn(dir); dir = filepath.Dir(dir) {
		parts = append(parts, filepath.Base(dir))
	}
	slices.Reverse(parts)
	return strings.Join(parts, ".")
}

var scriptExtension = regexp.MustCompile(`(?:\.d)?\.[cm]?[jt]sx?$`)

func scriptModule(path, from string) string {
	relative, err := filepath.Rel(filepath.Dir(from), path)
	if err != nil {
		return ""
	}
	relative = scriptExtension.ReplaceAllString(filepath.ToSlash(relative), "")
	relative = strings.TrimSuffix(relative, "/index")
	if relative == "index" {
		return "."
	}
	if !strings.HasPrefix(relative, ".") {
		relative = "./" + relative
	}
	return relative
}

// goModule is the import path of a directory: that of the module above it, and what is between.
func (x *Index) goModule(dir string) string {
	below := ""
	for at := dir; len(at) >= len(x.folder); at = filepath.Dir(at) {
		if module := x.named(at, "go.mod", moduleLine); module != "" {
			return module + below
		}
		below = "/" + filepath.Base(at) + below
	}
	return ""
}

// rustModule is a path from the root of the crate, which is what holds the directory src: "crate" for those in it, for others what its manifest calls it.
func (x *Index) rustModule(path, from string) string {
	parts := strings.Split(strings.TrimSuffix(filepath.ToSlash(path), ".rs"), "/")
	src := len(parts) - 1
	for src >= 0 && parts[src] != "src" {
		src--
	}
	if src < 0 {
		return ""
	}
	crate, root := "crate", filepath.FromSlash(strings.Join(parts[:src], "/"))
	if !strings.HasPrefix(from, filepath.Join(root, "src")+string(filepath.Separator)) {
		crate = x.named(root, "Cargo.toml", crateLine)
		if crate == "" {
			return ""
		}
		crate = strings.ReplaceAll(crate, "-", "_")
	}
	parts = parts[src+1:]
	if last := parts[len(parts)-1]; last == "mod" || len(parts) == 1 && (last == "lib" || last == "main") {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(append([]string{crate}, parts...), "::")
}

var (
	moduleLine = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)`)
	crateLine  = regexp.MustCompile(`(?m)^name\s*=\s*"([^"]+)"`)
)

// named is what a manifest in a directory says that a module is called, "" for none. It is read when it is first asked for.
func (x *Index) named(dir, manifest string, line *regexp.Regexp) string {
	file := filepath.Join(dir, manifest)
	name, known := x.modules[file]
	if known {
		return name
	}
	if x.modules == nil {
		x.modules = map[string]string{}
	}
	if text, err := x.read(file); err == nil {
		if found := line.FindSubmatch(text); found != nil {
			name = string(found[1])
		}
	}
	x.modules[file] = name
	return name
}
