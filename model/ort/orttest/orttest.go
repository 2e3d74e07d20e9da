// Package orttest gives tests a loaded ONNX Runtime.
package orttest

import (
	"context"
	"errors"
	"testing"

	"mlm-lsp/model/ort"
)

// Library returns the process's loaded library: the one that Find knows, else
// one installed into the user's cache, as the first command of a user would.
// A machine that has neither a library nor a way to get one fails the test.
func Library(tb testing.TB) *ort.Library {
	tb.Helper()
	lib, err := ort.Find(ort.FindOptions{})
	if errors.Is(err, ort.ErrNotFound) {
		lib, err = ort.Install(context.Background(), ort.InstallOptions{})
	}
	if err != nil {
		tb.Fatal(err)
	}
	if err := lib.Load(); err != nil {
		tb.Fatal(err)
	}
	return lib
}
