package ort

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// preload loads the libraries that lie beside onnxruntime.dll by their full
// paths: Windows would look for DirectML.dll beside the program and in the
// system, where there may be an old one.
func preload(dir string) error {
	for _, name := range []string{"DirectML.dll"} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if _, err := windows.LoadLibraryEx(path, 0, windows.LOAD_WITH_ALTERED_SEARCH_PATH); err != nil {
			return fmt.Errorf("loading %s: %w", path, err)
		}
	}
	return nil
}
