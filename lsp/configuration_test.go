package lsp

import (
	"context"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
)

func TestConfigurationThatIsAskedFor(t *testing.T) {
	e := startWithModel(t, quick(&scripted{}), fakeeditor.Config{Settings: map[string]any{"completion": map[string]any{"maxItems": "all"}}})
	e.Registered(protocol.MethodWorkspaceDidChangeConfiguration)
	if got := e.Message(); !strings.Contains(got, "completion.maxItems must be a whole number") || !strings.Contains(got, "the default, 20, is used") {
		t.Errorf("message %q", got)
	}
	e.Configure(map[string]any{"completion": map[string]any{"maxItems": "all"}}) // as wrong as before: not said again
	e.Configure(map[string]any{"typo": 1})
	if got := e.Message(); !strings.Contains(got, "typo is not a setting") {
		t.Errorf("message %q", got)
	}
	e.Configure(map[string]any{})
	e.Close()
}

func TestConfigurationThatIsPushed(t *testing.T) {
	e := startWithModel(t, quick(&scripted{predict: prefer()}), fakeeditor.Config{
		InitializationOptions: map[string]any{"completion": map[string]any{"enable": false}}})
	e.Open(file, "python", python)
	offset := strings.Index(python, "width *")
	if items, incomplete := e.Complete(file, offset); len(items) != 0 || incomplete {
		t.Errorf("completions though they are off: %v, %v", items, incomplete)
	}
	e.Configure(map[string]any{"completion": map[string]any{"maxItems": 1}, "wrong": true})
	if got := e.Message(); !strings.Contains(got, "wrong is not a setting") {
		t.Errorf("message %q", got)
	}
	if items, incomplete := e.Complete(file, offset); len(items) != 1 || !incomplete {
		t.Errorf("%d completions of 1, incomplete %v", len(items), incomplete)
	}
	e.Notify(protocol.MethodWorkspaceDidChangeConfiguration, map[string]any{"settings": map[string]any{"another-server": 1}})
	e.Notify(protocol.MethodWorkspaceDidChangeConfiguration, map[string]any{"settings": 7})
	e.Close()
}

// An editor that answers every request of the server with an error has the defaults, and all else.
func TestEditorThatRefuses(t *testing.T) {
	e := start(t, quick(&scripted{predict: prefer()}), fakeeditor.Config{
		Settings: map[string]any{"typo": 1}, Progress: true,
		Refuses: []string{protocol.MethodWorkspaceConfiguration, protocol.MethodClientRegisterCapability, protocol.MethodWorkDoneProgressCreate}})
	e.Send(frame([]byte(`{"jsonrpc":"2.0","id":"what?","result":null}`))) // an answer to no question
	e.Open(file, "python", python)
	e.Diagnostics(file) // so the model is there
	if items, _ := e.Complete(file, strings.Index(python, "width *")); len(items) == 0 {
		t.Error("no completions")
	}
	e.Close()
}

// A file that a setting silences has no diagnostics, and has them again when the setting goes; one that a setting takes completions from has none.
func TestFilesThatSettingsSilence(t *testing.T) {
	opts := quick(&scripted{predict: prefer()})
	opts.Files = func(context.Context, string) ([]string, error) { return nil, nil }
	e := startSuspecting(t, wrongIsRight("right"), opts, fakeeditor.Config{Folders: []string{"file:///project"}})
	const name = "file:///project/gen/area.py"
	e.Open(name, "python", python+"wrong\n")
	if got := e.Diagnostics(name); len(got) != 1 {
		t.Fatalf("diagnostics %+v", got)
	}
	for _, group := range []map[string]any{
		{"diagnostics": map[string]any{"disabledFiles": []string{"gen/*.py"}}},
		{"diagnostics": map[string]any{"disabledLanguages": []string{"python"}}},
		{"diagnostics": map[string]any{"disabledKinds": []string{"variable-misuse"}}},
		{"files": map[string]any{"exclude": []string{"gen"}}},
		{"files": map[string]any{"maxSize": 10}},
	} {
		e.Configure(group)
		e.Cleared(name)
		e.Configure(map[string]any{})
		if got := e.Diagnostics(name); len(got) != 1 {
			t.Errorf("%v taken back: diagnostics %+v", group, got)
		}
	}
	offset := strings.Index(python, "width *")
	for _, group := range []map[string]any{
		{"completion": map[string]any{"disabledFiles": []string{"*.py"}}},
		{"completion": map[string]any{"disabledLanguages": []string{"python"}}},
		{"files": map[string]any{"exclude": []string{"/gen/"}}},
	} {
		e.Configure(group)
		if items, incomplete := e.Complete(name, offset); len(items) != 0 || incomplete {
			t.Errorf("%v: completions %v, %v", group, items, incomplete)
		}
	}
	e.Close()
}
