// Package ort finds, installs, loads and runs ONNX Runtime.
//
// Invariants:
//   - Nothing here reads a project's settings: a library is named by a flag, by
//     the environment, by this program's own cache or by the system, so that a
//     cloned repository cannot make the program load code.
//   - Only Install opens a network connection, and only when it is called.
//   - The cache directory holds a complete, verified library or none at all:
//     files are staged beside it and the directory is renamed into place.
//   - One library is loaded per process, once; it is never unloaded, because
//     its threads and arenas outlive any session.
//   - The library sends nothing to anybody and writes nothing: its telemetry is
//     turned off before it starts.
//   - A cancelled context ends a running session within the node that it is
//     in, and the session stays usable.
package ort

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	ortgo "github.com/yalue/onnxruntime_go"
)

// Version is the release of ONNX Runtime that Install fetches. The binding
// asks for C API 24, so that every release from 1.24 on will load.
const Version = "1.30.0"

// minMinor is the oldest 1.x release that has the C API of the binding.
const minMinor = 24

// envNoTelemetry is the library's own switch. It leaves a device's identifier and a
// database of events in the user's cache directory, and a log in the temporary
// one, by starting alone.
const envNoTelemetry = "ORT_DISABLE_TELEMETRY"

// installHint ends the errors that an installation would mend.
const installHint = "run `mlm-lsp runtime install`, or name a library with --ort-library or " + EnvLibrary

// Library is a shared library of ONNX Runtime on disk. Find and Install make
// one; Load brings it into the process.
type Library struct {
	// Path is the absolute path of the shared library.
	Path string
	// Version is what the loaded library says of itself, "1.30.0"; before Load
	// it is what the file's name or place says, or empty.
	Version string
	// Origin says how the library was found: "flag", "environment", "cache" or
	// "system".
	Origin string
}

// loaded is the process's one library. The binding keeps its state in package
// variables, so there can be no second one.
var loaded struct {
	sync.Mutex
	path    string
	version string
}

// Load brings the library into the process and initialises ONNX Runtime. It is
// done once: a second call for the same path does nothing, one for another
// path is an error. A file that is no library of ONNX Runtime, or one older than
// 1.24, is an error that says what to do.
func (l *Library) Load() error {
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.path != "" {
		if loaded.path != l.Path {
			return fmt.Errorf("loading ONNX Runtime %s: this process already uses %s", l.Path, loaded.path)
		}
		l.Version = loaded.version
		return nil
	}
	if err := preload(filepath.Dir(l.Path)); err != nil {
		return fmt.Errorf("loading ONNX Runtime %s: %w", l.Path, err)
	}
	// What Microsoft builds tells Microsoft of every session, unless this is set before the library starts: on Windows in all releases, on other systems in newer ones, 1.30 among them.
	if err := os.Setenv(envNoTelemetry, "1"); err != nil {
		return fmt.Errorf("loading ONNX Runtime %s: disabling telemetry: %w", l.Path, err)
	}
	ortgo.SetSharedLibraryPath(l.Path)
	if err := ortgo.InitializeEnvironment(ortgo.WithLogLevelFatal()); err != nil {
		return fmt.Errorf("loading ONNX Runtime %s: %w", l.Path, explainLoad(err))
	}
	// Older libraries know this way only.
	if err := ortgo.DisableTelemetry(); err != nil {
		return fmt.Errorf("loading ONNX Runtime %s: disabling telemetry: %w", l.Path, err)
	}
	loaded.path, loaded.version = l.Path, ortgo.GetVersion()
	l.Version = loaded.version
	return nil
}

// explainLoad turns the binding's error into what is wrong and what to do.
func explainLoad(err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "setting ORT API base"):
		return fmt.Errorf("the library is older than 1.%d: %s", minMinor, installHint)
	case strings.Contains(text, "OrtGetApiBase"):
		return fmt.Errorf("not a library of ONNX Runtime: %s", installHint)
	}
	if i := strings.LastIndex(text, `": `); i >= 0 {
		text = text[i+3:]
	}
	return fmt.Errorf("%s: %s", text, installHint)
}

// ErrNotFound is wrapped by Find's error when the machine has no library that
// could be used.
var ErrNotFound = errors.New("no ONNX Runtime library found")
