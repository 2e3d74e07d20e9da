//go:build unix

package torch

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the terminal's interrupt from the program.
func ownGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
