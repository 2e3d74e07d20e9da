package lsp

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
)

func TestReadSettings(t *testing.T) {
	changed := defaultSettings()
	changed.CompletionMaxItems = 3
	changed.DiagnosticsSeverity = protocol.DiagnosticSeverityHint
	for _, test := range []struct {
		raw      string
		want     Settings
		problems []string
	}{
		{``, defaultSettings(), nil},
		{`null`, defaultSettings(), nil},
		{`{}`, defaultSettings(), nil},
		{`[]`, defaultSettings(), nil}, // Lua's empty table
		{`{"completion":[],"diagnostics":null}`, defaultSettings(), nil},
		{`{"completion":{"maxItems":null,"enable":null},"diagnostics":{"severity":null}}`, defaultSettings(), nil},
		{`{"completion":{"maxItems":3},"diagnostics":{"severity":"hint"}}`, changed, nil},
		{`{"completion":{"maxItems":"many","enable":1}}`, defaultSettings(), []string{"completion.enable must be true or false",
			"completion.maxItems must be a whole number from 1 to 200"}},
		{`{"completion":{"maxItems":0}}`, defaultSettings(), []string{"completion.maxItems must be a whole number from 1 to 200"}},
		{`{"completion":{"maxItems":1.5}}`, defaultSettings(), []string{"completion.maxItems must be a whole number from 1 to 200"}},
		{`{"diagnostics":{"severity":"error"}}`, defaultSettings(), []string{`diagnostics.severity must be "hint", "information" or "warning"`}},
		{`{"diagnostics":{"severity":1}}`, defaultSettings(), []string{`diagnostics.severity must be "hint", "information" or "warning"`}},
		{`{"completion":7}`, defaultSettings(), []string{"completion must be an object"}},
		{`{"compleshun":{"enable":false},"completion":{"sort":1,"maxItems":3},"diagnostics":{"severity":"hint"}}`, changed,
			[]string{"compleshun is not a setting", "completion.sort is not a setting"}},
		{`7`, defaultSettings(), []string{"they must be an object"}},
		{`{`, defaultSettings(), []string{"they are not JSON"}},
	} {
		settings, problems := readSettings(json.RawMessage(test.raw))
		if settings != test.want || !slices.Equal(problems, test.problems) {
			t.Errorf("%s: %+v, %q", test.raw, settings, problems)
		}
	}
}

// The comments of Settings are the manual, so each key has one.
func TestSettingsAreDocumented(t *testing.T) {
	source, err := os.ReadFile("settings.go")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, match := range regexp.MustCompile(`(?m)^\t// ([a-z]+\.[a-zA-Z]+) \(.*default`).FindAllStringSubmatch(string(source), -1) {
		documented = append(documented, match[1])
	}
	slices.Sort(documented)
	if keys := slices.Sorted(maps.Keys(settingKeys)); !slices.Equal(keys, documented) {
		t.Errorf("the settings are %q, those documented %q", keys, documented)
	}
	if fields := reflect.TypeFor[Settings]().NumField(); fields != len(settingKeys) || fields > 10 {
		t.Errorf("%d fields for %d settings; ten are enough", fields, len(settingKeys))
	}
}

func TestConfigurationThatIsAskedFor(t *testing.T) {
	e := startWithModel(t, quick(&scripted{}), fakeeditor.Config{Settings: map[string]any{"completion": map[string]any{"maxItems": "all"}}})
	e.Registered(protocol.MethodWorkspaceDidChangeConfiguration)
	if got := e.Message(); !strings.Contains(got, "completion.maxItems must be a whole number") || !strings.Contains(got, "kept") {
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
