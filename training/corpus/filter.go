package corpus

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"mlm-lsp/internal/generated"
)

var vendorDirectories = map[string]bool{
	"vendor": true, "vendored": true, "_vendor": true, "_vendored": true, "node_modules": true, "bower_components": true, "jspm_packages": true,
	"third_party": true, "third-party": true, "thirdparty": true, "3rdparty": true, "site-packages": true, "dist-packages": true,
	"venv": true, "dist": true, "extern": true,
}

// vendored tells files of other projects, and built ones, by the directories between them and their project's root.
func vendored(relative string) bool {
	return hasDirectory(relative, vendorDirectories)
}

var testDataDirectories = map[string]bool{"testdata": true, "test-data": true, "test_data": true, "__fixtures__": true, "fixtures": true, "__snapshots__": true}

// testData tells inputs of tests: often broken on purpose, often machine-made.
func testData(relative string) bool {
	return hasDirectory(relative, testDataDirectories)
}

func hasDirectory(relative string, names map[string]bool) bool {
	for {
		directory, rest, found := strings.Cut(relative, "/")
		if !found {
			return false
		}
		if names[strings.ToLower(directory)] {
			return true
		}
		relative = rest
	}
}

// judge looks at a file's text alone; "" keeps it.
func judge(text []byte, language string) Reason {
	switch {
	case bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text):
		return ReasonBinary
	case len(bytes.TrimSpace(text)) < 32:
		return ReasonEmpty
	case generated.By(text, language):
		return ReasonGenerated
	case minified(text):
		return ReasonMinified
	case dataTable(text):
		return ReasonData
	}
	return ""
}

// minified goes by line lengths: people break lines. A file is minified when lines of 500 bytes and more hold a third of
// it, or when its lines average more than 160 bytes.
func minified(text []byte) bool {
	lines, long := 0, 0
	for rest := text; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		lines++
		if len(line) >= 500 {
			long += len(line)
		}
	}
	return long*3 > len(text) || len(text) > 160*lines
}

// dataTable tells tables of numbers in the guise of source: more digits than letters.
func dataTable(text []byte) bool {
	digits, letters := 0, 0
	for _, b := range text {
		switch {
		case '0' <= b && b <= '9':
			digits++
		case 'a' <= b|0x20 && b|0x20 <= 'z' || b >= 0x80:
			letters++
		}
	}
	return digits > letters
}
