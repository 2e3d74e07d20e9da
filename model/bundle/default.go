package bundle

import (
	"embed"
	"io/fs"
)

//go:embed all:default
var embedded embed.FS

// Default opens the bundle that the program carries, ErrNoDefault when it was
// built without one.
func Default() (*Bundle, error) {
	fsys, err := fs.Sub(embedded, "default")
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(fsys, ConfigFile); err != nil {
		return nil, ErrNoDefault
	}
	return OpenFS(fsys, "default")
}
