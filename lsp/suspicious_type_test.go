package lsp

import (
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/suspect"
)

// Annotations that look wrong are reported where the setting says so; the quick fix writes what was likelier meant, with what it needs imported, and comments silence them.
func TestSuspiciousTypes(t *testing.T) {
	const text = "def count(retries: str = 3):\n    return retries\n\n\ndef lines(path) -> int:\n    \"\"\"The lines of a file.\n\n    :rtype: Iterator[str]\n    \"\"\"\n    with open(path) as f:\n        for line in f:\n            yield line.strip()\n\n\ndef label(name: int = 'x'):  # mlm-lsp: ignore[suspicious-type]\n    return name\n"
	for _, on := range []bool{true, false} {
		config := fakeeditor.Config{InitializationOptions: map[string]any{"diagnostics": map[string]any{"types": on}}}
		e := startWithModel(t, quick(&scripted{}), config)
		e.Open(file, "python", text)
		found := e.Diagnostics(file)
		if !on {
			if len(found) > 0 {
				t.Errorf("off: %+v", found)
			}
			e.Close()
			continue
		}
		if len(found) != 2 || found[0].Code != suspect.CodeType || text[found[0].Start:found[0].End] != "str" || text[found[1].Start:found[1].End] != "int" {
			t.Fatalf("%+v", found)
		}
		if !strings.Contains(found[0].Message, "`str` looks wrong for `retries`: was `int` meant?") {
			t.Errorf("%s", found[0].Message)
		}
		actions := e.Actions(file, nil, found[1])
		titles := []string{}
		for _, a := range actions {
			titles = append(titles, a.Title)
		}
		for _, want := range []string{"Ignore `suspicious-type` here", "Ignore `suspicious-type` in this file"} {
			if !slices.Contains(titles, want) {
				t.Errorf("no %q among %q", want, titles)
			}
		}
		e.Apply(file, actions[0])
		got := e.Text(file)
		if errorsIn("python", got) > 0 || !strings.Contains(got, " import Iterator\n") || !strings.Contains(got, "-> Iterator[") {
			t.Errorf("after %s:\n%s", actions[0].Title, got)
		}
		if found = e.Diagnostics(file); len(found) != 1 {
			t.Errorf("after the fix: %+v", found)
		}
		e.Close()
	}
}

// Annotations that take too long to look at end the check as a model does that hangs, with what helps.
func TestSuspiciousTypesThatTakeTooLong(t *testing.T) {
	s := newServer(quick(&scripted{}))
	s.hung = 1
	e := fakeeditor.Start(t, s.serve, fakeeditor.Config{Status: true, InitializationOptions: map[string]any{"diagnostics": map[string]any{"types": true}}})
	wantStatus(t, e, protocol317.StatusLoading, "")
	wantStatus(t, e, protocol317.StatusReady, "")
	e.Open(file, "python", "def count(retries: str = 3):\n    return retries\n")
	wantStatus(t, e, protocol317.StatusError, "it has not ended after 1ns: restart the server")
	e.Message()
	e.Close()
}
