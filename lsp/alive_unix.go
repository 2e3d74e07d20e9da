//go:build !windows

package lsp

import (
	"errors"
	"syscall"
)

// alive reports whether there is a process with that id, whoever's it is.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
