package lsp

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"mlm-lsp/lsp/complete"
	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
)

// The documentation of an item says how likely it is and where its name is defined, in the newest text; the item is else what it was.
func TestResolveCompletion(t *testing.T) {
	for name, config := range map[string]fakeeditor.Config{"markdown": {}, "plain": {Plain: true}} {
		t.Run(name, func(t *testing.T) {
			e := startWithModel(t, quick(&scripted{predict: prefer("width")}), config)
			e.Open(file, "python", python)
			items, _ := e.Complete(file, strings.Index(python, "width *"))
			if got := items[0].Item.LabelDetails != nil; got != (name == "markdown") {
				t.Errorf("label details: %v", got)
			}
			e.Edit(file, fakeeditor.Edit{Start: strings.Index(python, "width *"), End: strings.Index(python, "width *"), Text: "w"})
			got := e.Resolve(items[0])
			line := "def area(width, height):\n"
			if name == "markdown" {
				line = "```python\n" + line + "```\n"
			}
			if likely, defined, ok := strings.Cut(got, "\n\nDefined in line 1:\n"); !ok || !strings.HasSuffix(likely, "% likely here, in scope.") || defined != line {
				t.Errorf("documentation %q", got)
			}
			for _, item := range items {
				if item.Label == "return" {
					if got := e.Resolve(item); !strings.HasSuffix(got, "% likely here, keyword.\n") {
						t.Errorf("documentation of a keyword: %q", got)
					}
				}
			}
			e.Close()
		})
	}
}

// An item that has nothing to be resolved with comes back as it is.
func TestResolveWhatIsNotOurs(t *testing.T) {
	e := startWithModel(t, quick(&scripted{predict: prefer("width")}), fakeeditor.Config{})
	e.Open(file, "python", python)
	items, _ := e.Complete(file, strings.Index(python, "width *"))
	e.CloseDocument(file)
	for _, item := range []any{items[0].Item, map[string]any{"label": "x"}, map[string]any{"label": "x", "data": 7, "unheardOf": []int{1}}} {
		var got map[string]any
		if err := e.Call(protocol.MethodCompletionItemResolve, item, &got); err != nil || got["label"] == nil || got["documentation"] != nil {
			t.Errorf("%v: %v, %v", item, got, err)
		}
	}
	wantCode(t, e.Call(protocol.MethodCompletionItemResolve, map[string]any{"label": 7}, nil), -32602, "an item whose label is a number")
	wantCode(t, e.Call(protocol.MethodCompletionItemResolve, nil, nil), -32602, "no item")
	e.Close()
}

// What files nearby do with a name is told where they were read.
func TestResolveNamesTheProject(t *testing.T) {
	directory := t.TempDir()
	for name, text := range map[string]string{"a.py": "import b\n\n\ndef f():\n    pass\n", "b.py": "width = 1\n"} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := newServer(quick(nil))
	s.opts.Files = func(_ context.Context, root string) ([]string, error) {
		return filepath.Glob(filepath.Join(root, "*.py"))
	}
	s.addFolders(&protocol317.InitializeParams{RootURI: string(uri.File(directory))})
	snap := s.newSnapshot(uri.File(filepath.Join(directory, "a.py")), 1, "python", []byte("import b\n"))
	if _, err := s.folders[0].Around(t.Context(), pathOf(snap.uri)); err != nil {
		t.Fatal(err)
	}
	if got := documentation(snap, s.around(snap)(), s.elsewhere(snap), "width", newOffered("", protocol.Position{}, complete.Item{Source: "project", LogProb: -1}), false); got != "37% likely here, in this project.\n\nUsed in a file nearby.\n" {
		t.Errorf("documentation %q", got)
	}
}
