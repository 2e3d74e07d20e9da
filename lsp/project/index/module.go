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
		return rustModule(path, x.folder)
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
	dir := filepath.Dir(path)
	if x.files[filepath.Join(dir, "__init__.py")] != nil || x.files[filepath.Join(dir, "__init__.pyi")] != nil {
		for len(dir) > len(x.folder) && (x.files[filepath.Join(dir, "__init__.py")] != nil || x.files[filepath.Join(dir, "__init__.pyi")] != nil) {
			parts = append(parts, filepath.Base(dir))
			dir = filepath.Dir(dir)
		}
	} else {
		for len(dir) > len(x.folder) && filepath.Base(dir) != "src" {
			parts = append(parts, filepath.Base(dir))
			dir = filepath.Dir(dir)
		}
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

var moduleLine = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)`)

// goModule is the import path of a directory: that of the module above it, which is read when it is first asked for, and what is between.
func (x *Index) goModule(dir string) string {
	if x.modules == nil {
		x.modules = map[string]string{}
	}
	below := ""
	for at := dir; len(at) >= len(x.folder); at = filepath.Dir(at) {
		module, known := x.modules[at]
		if !known {
			if text, err := x.read(filepath.Join(at, "go.mod")); err == nil {
				if found := moduleLine.FindSubmatch(text); found != nil {
					module = string(found[1])
				}
			}
			x.modules[at] = module
		}
		if module != "" {
			return module + below
		}
		below = "/" + filepath.Base(at) + below
	}
	return ""
}

func rustModule(path, folder string) string {
	relative, err := filepath.Rel(folder, path)
	if err != nil {
		return ""
	}
	parts := strings.Split(strings.TrimSuffix(filepath.ToSlash(relative), ".rs"), "/")
	src := len(parts) - 1
	for src >= 0 && parts[src] != "src" {
		src--
	}
	if src < 0 {
		return ""
	}
	parts = parts[src+1:]
	if last := parts[len(parts)-1]; last == "mod" || len(parts) == 1 && (last == "lib" || last == "main") {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(append([]string{"crate"}, parts...), "::")
}
