package settings

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOldestPython(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"pyproject.toml", "[project]\nrequires-python = \">=3.9\"\n", 9},
		{"pyproject.toml", "[project]\nrequires-python = \"!=3.8.1, <4, >= 3.8\"\n", 8},
		{"pyproject.toml", "[project]\nrequires-python = \">=3\"\n", 0},
		{"pyproject.toml", "[project]\nrequires-python = 3\n", 0},
		{"pyproject.toml", "[tool.poetry.dependencies]\npython = \"^3.7\"\n", 7},
		{"pyproject.toml", "[tool.poetry.dependencies]\npython = {version = \"^3.7\"}\n", 0},
		{"pyproject.toml", "[project\nrequires-python = \">=3.9\"\n", 0},
		{"setup.cfg", "[options]\npython_requires = >=3.8, <4\n", 8},
		{"setup.py", "setup(\n    python_requires='~=3.11',\n)\n", 11},
		{"setup.py", "setup(name='x')\n", 0},
	} {
		root := t.TempDir()
		for _, directory := range []string{".git", "src/shop"} {
			if err := os.MkdirAll(filepath.Join(root, directory), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(root, c.name), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := OldestPython(filepath.Join(root, "src", "shop", "cart.py")); got != c.want {
			t.Errorf("%s %q: 3.%d, want 3.%d", c.name, c.text, got, c.want)
		}
		if got := OldestPython(filepath.Join(filepath.Dir(root), "cart.py")); got != 0 {
			t.Errorf("outside of the project: 3.%d", got)
		}
	}
}

func FuzzOldestPython(f *testing.F) {
	f.Add([]byte("[project]\nrequires-python = \">=3.9\"\n"))
	f.Add([]byte("python_requires = ~=3.8"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, specifier := range []string{pyproject(text), setup(text)} {
			if got := leastPython(specifier); got < 0 || got > 99 {
				t.Errorf("3.%d in %q", got, specifier)
			}
		}
	})
}
