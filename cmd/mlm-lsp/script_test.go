package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mlm-lsp/model/ort/orttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mlm-lsp": main})
}

// TestScripts runs the program as its users do: each file of testdata/script is a session with its files,
// its output and its exit codes. The scripts share the library that the other tests installed.
func TestScripts(t *testing.T) {
	lib := orttest.Library(t)
	checkpoints, err := filepath.Abs("../../model/testdata/import")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("MLM_LSP_ORT_LIBRARY", lib.Path)
			env.Setenv("XDG_CACHE_HOME", env.WorkDir+"/cache")
			env.Setenv("PATH", os.Getenv("PATH"))
			env.Setenv("CHECKPOINTS", checkpoints) // of other families, to import
			return nil
		},
		// exits runs the program and wants an exit code, which testscript's own exec cannot tell apart.
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits},
	})
}

// exits CODE ARG...: runs mlm-lsp with the arguments, wants the code, and leaves its output in the files
// stdout and stderr of the script's directory.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARG...")
	}
	err := ts.Exec("sh", append([]string{"-c", `mlm-lsp "$@" >stdout 2>stderr; echo $? >code`, "sh"}, args[1:]...)...)
	if err != nil {
		ts.Fatalf("running mlm-lsp: %v", err)
	}
	if got := strings.TrimSpace(ts.ReadFile("code")); got != args[0] {
		ts.Fatalf("mlm-lsp exited with %s, want %s\n%s", got, args[0], ts.ReadFile("stderr"))
	}
}
