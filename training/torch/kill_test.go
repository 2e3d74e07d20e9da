//go:build unix

package torch

import "syscall"

// kill ends every process of the engine at once.
func (t *Trainer) kill() error { return syscall.Kill(-t.command.Process.Pid, syscall.SIGKILL) }
