package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mlm-lsp/lsp/settings"
)

const root = "../../.."

// TestGenerated fails when the struct changed and what is made from it did not.
func TestGenerated(t *testing.T) {
	files, err := generated(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 5 {
		t.Errorf("only %d files are generated", len(files))
	}
	for _, f := range files {
		got, err := os.ReadFile(filepath.Join(root, f.name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, f.text) {
			t.Errorf("%s is stale: run `go generate ./lsp/settings`", f.name)
		}
	}
}

// A key that is there in the struct is there in all that is generated, with its text and its default.
func TestEverySettingIsTold(t *testing.T) {
	files, err := generated(root)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := manual(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.doc, ".") {
			t.Errorf("%s: %q is no sentence", e.Name, e.doc)
		}
		for _, f := range files {
			if f.name == "docs/project-settings.schema.json" && !e.Project {
				continue
			}
			if _, name, _ := strings.Cut(e.Name, "."); !bytes.Contains(f.text, []byte(name)) {
				t.Errorf("%s does not tell %s", f.name, e.Name)
			}
		}
	}
}

func TestSchemas(t *testing.T) {
	for name, text := range map[string]string{
		"docs/settings.schema.json":         `{"completion":{"enable":true,"maxItems":20},"diagnostics":{"severity":"hint","disabledKinds":["wrong-literal"]}}`,
		"docs/project-settings.schema.json": `{"diagnostics":{"severity":"hint"},"files":{"exclude":["gen/**"],"maxSize":1000}}`,
	} {
		schema, err := jsonschema.NewCompiler().Compile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		accepts := func(text string) bool {
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			return schema.Validate(value) == nil
		}
		if !accepts(text) {
			t.Errorf("%s refuses %s", name, text)
		}
		// What the schema refuses, the reader complains of.
		for _, wrong := range []string{`{"diagnostics":{"severity":"loud"}}`, `{"diagnostics":{"disabledKinds":["x"]}}`, `{"files":{"maxSize":0}}`, `{"model":1}`, `{"files":{"exclude":[""]}}`} {
			if _, problems := settings.ReadClient(json.RawMessage(wrong)); accepts(wrong) || len(problems) != 1 {
				t.Errorf("%s: the schema accepts it: %v, problems %v", wrong, accepts(wrong), problems)
			}
		}
	}
}

// Only the first element of the list is written, and the rest stays as somebody wrote it.
func TestConfigurationKeepsTheRest(t *testing.T) {
	entries, err := manual(root)
	if err != nil {
		t.Fatal(err)
	}
	const before, after = "{ \"a\":[{\"contributes\":1}],\n  \"contributes\": {\"x\": {\"configuration\": 1}, \"configuration\": [", ", {\"title\": \"own\"} ]},\"z\":\"<é>\" }\n\n"
	for _, old := range []string{`{}`, `null`, `{"title": "[{", "properties": {"a]": 1}}`} {
		got, err := withConfiguration([]byte(before+old+after), entries)
		if err != nil {
			t.Fatal(err)
		}
		var read struct {
			Contributes struct{ Configuration []struct{ Title string } }
		}
		if err := json.Unmarshal(got, &read); err != nil || len(read.Contributes.Configuration) != 2 || read.Contributes.Configuration[0].Title != "mlm-lsp" {
			t.Errorf("%v: %+v", err, read)
		}
		if !bytes.HasPrefix(got, []byte(before+"{\n")) || !bytes.HasSuffix(got, []byte("}"+after)) {
			t.Errorf("the rest has changed: %s", got)
		}
		if again, err := withConfiguration(got, entries); err != nil || !bytes.Equal(again, got) {
			t.Errorf("the second time it is another, %v", err)
		}
	}
	for _, wrong := range []string{``, `[]`, `{}`, `{"contributes": {}}`, `{"contributes": {"configuration": {}}}`, `{"contributes": {"configuration": []}}`, `{"contributes": {"configuration": [`} {
		if got, err := withConfiguration([]byte(wrong), entries); err == nil {
			t.Errorf("%s becomes %s", wrong, got)
		}
	}
}

// A folder that is opened must not be able to choose what is run: what is not of the server's settings is of the machine, and none of an untrusted folder's.
func TestAWorkspaceChoosesNoProgram(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "editors/vscode/package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var extension struct {
		Capabilities struct {
			UntrustedWorkspaces struct{ Supported any }
		}
		Contributes struct {
			Configuration []struct {
				Properties map[string]struct{ Scope string }
			}
		}
	}
	if err := json.Unmarshal(text, &extension); err != nil {
		t.Fatal(err)
	}
	if got := extension.Capabilities.UntrustedWorkspaces.Supported; got != "limited" {
		t.Errorf("in untrusted workspaces: %v", got)
	}
	of := map[string]bool{}
	for _, key := range settings.Keys {
		of[settings.Section+"."+key.Name] = true
	}
	own := 0
	for _, configuration := range extension.Contributes.Configuration {
		for name, property := range configuration.Properties {
			if !of[name] {
				own++
				if property.Scope != "machine" {
					t.Errorf("%s has the scope %q: a workspace can set it", name, property.Scope)
				}
			}
		}
	}
	if own == 0 {
		t.Error("the extension has no settings of its own: where is the server's path?")
	}
}

func TestTableNeedsItsPlace(t *testing.T) {
	if _, err := withPart([]byte("# no marks\n"), tableBegin, "", tableEnd); err == nil || !strings.Contains(err.Error(), "end of settings") {
		t.Errorf("error %v", err)
	}
}
