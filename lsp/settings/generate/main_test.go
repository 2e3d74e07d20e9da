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

func TestTableNeedsItsPlace(t *testing.T) {
	if _, err := withPart([]byte("# no marks\n"), tableBegin, "", tableEnd); err == nil || !strings.Contains(err.Error(), "end of settings") {
		t.Errorf("error %v", err)
	}
}
