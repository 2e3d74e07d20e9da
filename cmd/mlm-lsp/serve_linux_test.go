package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
)

// namespace asks the kernel for a user and a network namespace of a process's own. In the latter there is no interface but a loopback that is down.
func namespace() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// refusesNamespaces reports whether the kernel lets no process of ours have a network of its own.
func refusesNamespaces(t *testing.T) bool {
	t.Helper()
	probe := exec.Command("true")
	probe.SysProcAttr = namespace()
	err := probe.Run()
	if err != nil && !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EACCES) {
		t.Fatal(err)
	}
	return err != nil
}

// The program serves an editor, with its own model and a real library, in a network namespace that holds nothing: it needs no network, and reaches for none.
func TestServeWithoutNetwork(t *testing.T) {
	if refusesNamespaces(t) {
		t.Skip("NOT SHOWN: the kernel gives no network namespace, so it was not tried whether serve needs a network")
	}
	sample, err := os.ReadFile("../../examples/inventory.py")
	if err != nil {
		t.Fatal(err)
	}
	var network string // of the process, when it had answered
	p := program(t)
	p.SysProcAttr = namespace()
	e := fakeeditor.Start(t, p.serve, fakeeditor.Config{Pull: true, Status: true})
	const name = "file:///no/such/place/inventory.py"
	e.Open(name, "python", string(sample))
	for e.Status().Kind != protocol317.StatusReady {
	}
	if found := e.Diagnostics(name); len(found) == 0 {
		t.Error("no diagnostics")
	}
	at := strings.LastIndex(string(sample), "return ") + len("return ")
	// On a busy machine a list may be due before there is anything in it: it says so, and is asked for again.
	items, incomplete := e.Complete(name, at)
	for len(items) == 0 && incomplete {
		items, incomplete = e.Complete(name, at)
	}
	if len(items) == 0 {
		t.Error("no completions")
	}
	if e.Hover(name, at) == nil {
		t.Error("no hover")
	}
	for _, file := range []string{"dev", "tcp", "tcp6", "udp", "udp6", "raw", "unix"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", p.Process.Pid, file))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		network += string(text)
	}
	e.Close()
	// Interfaces are "name: bytes packets ..."; sockets are lines that begin with a number.
	if got := regexp.MustCompile(`(?m)^ *([a-z]\w*): .*|^ *[0-9a-f]+: .*`).FindAllString(network, -1); len(got) != 1 || !regexp.MustCompile(`^ *lo:( +0)+$`).MatchString(got[0]) {
		t.Errorf("interfaces and sockets of the process: %q, want a loopback that nothing went through", got)
	}
	p.check(t)
}
