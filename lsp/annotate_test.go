package lsp

import (
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
)

// annotations are those actions that write types.
func annotations(actions []fakeeditor.Action) []fakeeditor.Action {
	return slices.DeleteFunc(actions, func(a fakeeditor.Action) bool { return !strings.HasPrefix(a.Title, "Annotate ") })
}

// titled is the action of a title.
func titled(t *testing.T, actions []fakeeditor.Action, title string) fakeeditor.Action {
	t.Helper()
	i := slices.IndexFunc(actions, func(a fakeeditor.Action) bool { return a.Title == title })
	if i < 0 {
		t.Fatalf("no action %q among %q", title, titles(actions))
	}
	return actions[i]
}

// A site's likely types are offered best first to who asks; the first is preferred where it would be shown.
func TestAnnotateASite(t *testing.T) {
	e := startTyping(t, quick(&scripted{predict: prefer("Decimal")}), fakeeditor.Config{})
	e.Open(file, "python", orders)
	at := strings.Index(orders, "paid(self, amount") + len("paid(self, amo")
	if got := annotations(e.Actions(file, nil)); len(got) != 0 {
		t.Errorf("an editor that looks whether there are any actions has the model asked: %q", titles(got))
	}
	if got := annotations(e.ActionsFor(protocol317.CodeActionAutomatic, file, at)); len(got) != 0 {
		t.Errorf("at a site that nothing is known of yet it has, too: %q", titles(got))
	}
	if got := annotations(e.ActionsFor(0, file, at)); len(got) < 2 {
		t.Errorf("an editor that does not say why it asks is offered %q", titles(got))
	}
	actions := annotations(e.ActionsAt(file, at))
	if len(actions) < 2 || !strings.HasPrefix(actions[0].Title, "Annotate `amount` as `Decimal` (") || !actions[0].Preferred || actions[0].Kind != protocol.RefactorRewrite {
		t.Fatalf("actions %q", titles(actions))
	}
	for _, a := range actions[1:] {
		if a.Preferred {
			t.Errorf("%q is preferred, too", a.Title)
		}
	}
	if got := annotations(e.ActionsAt(file, at, protocol.QuickFix)); len(got) != 0 {
		t.Errorf("actions though only quick fixes were asked for: %q", titles(got))
	}
	e.Apply(file, actions[0])
	if got := e.Text(file); !strings.Contains(got, "def paid(self, amount: Decimal, note=None)") {
		t.Errorf("annotated:\n%s", got)
	}
	for _, a := range annotations(e.ActionsAt(file, at)) {
		if strings.HasPrefix(a.Title, "Annotate `amount`") {
			t.Errorf("what is annotated is offered %q", a.Title)
		}
	}
	e.Close()
}

// A function's, a class's and a file's types are written by one edit, which an editor that can ask for it later does not have before; a file's are shown before they are written.
func TestAnnotateAll(t *testing.T) {
	for name, config := range map[string]fakeeditor.Config{"at once": {}, "later": {Hints: true, Resolves: true, Annotated: true}, "old edits": {OldEdits: true, Annotated: true}} {
		t.Run(name, func(t *testing.T) {
			e := startTyping(t, quick(&scripted{predict: prefer("Decimal")}), config)
			e.Open(file, "python", orders)
			e.Hints(file) // by which the file is known, too
			at := strings.Index(orders, "total = amount")
			for _, c := range []struct {
				title      string
				at         int
				has, lacks []string
			}{
				{"Annotate this function", at, []string{"def paid(self, amount: Decimal, note"}, []string{"sign: "}},
				{"Annotate this class", strings.Index(orders, "class Order") + 3, []string{"def paid(self, amount: Decimal, note", "ready: bool = False"}, nil},
				{"Annotate this file", at, []string{"def paid(self, amount: Decimal, note", "ready: bool = False", "def pay(self, amount: Decimal) -> Decimal"}, nil},
			} {
				action := titled(t, e.ActionsAt(file, c.at), c.title)
				if config.Resolves != (len(action.Edits) == 0) {
					t.Errorf("%q has the edits %v", c.title, action.Edits)
				}
				if config.Resolves {
					var err error
					if action, err = e.ResolveAction(file, action); err != nil {
						t.Fatal(err)
					}
				}
				if whole := c.title == "Annotate this file"; (action.Label != "") != (whole && config.Resolves) {
					t.Errorf("%q: edits for %q", c.title, action.Label)
				}
				e.Apply(file, action)
				text := e.Text(file)
				for _, s := range c.has {
					if !strings.Contains(text, s) {
						t.Errorf("%q: no %q in\n%s", c.title, s, text)
					}
				}
				for _, s := range c.lacks {
					if strings.Contains(text, s) {
						t.Errorf("%q: %q in\n%s", c.title, s, text)
					}
				}
				if errorsIn("python", text) != 0 {
					t.Errorf("%q leaves\n%s", c.title, text)
				}
				e.SetText(file, orders)
				e.Hints(file)
			}
			e.Close()
		})
	}
}

// An action that was offered for another text, or that has nothing to write, has no edit.
func TestAnnotateNothing(t *testing.T) {
	e := startTyping(t, quick(&scripted{}), fakeeditor.Config{Resolves: true}, func(s *server) { s.typeTable = nil })
	e.Open(file, "python", "def swap(pair):\n    return pair\n")
	action := titled(t, e.ActionsAt(file, 20), "Annotate this function")
	got, err := e.ResolveAction(file, action)
	if err != nil || len(got.Edits) != 0 {
		t.Errorf("annotated though nothing is sure: %+v, %v", got, err)
	}
	if message := e.Message(); !strings.Contains(message, "sure enough") {
		t.Errorf("message %q", message)
	}
	e.Edit(file, fakeeditor.Edit{Text: "# \n"})
	if got, err := e.ResolveAction(file, action); err == nil {
		t.Errorf("annotated though the text is another: %+v", got)
	}
	e.CloseDocument(file)
	if got, err := e.ResolveAction(file, action); err != nil || len(got.Edits) != 0 {
		t.Errorf("annotated a document that is closed: %+v, %v", got, err)
	}
	e.Close()
}

// Where no types are wanted none are offered.
func TestAnnotateWhereNobodyWants(t *testing.T) {
	e := startTyping(t, quick(&scripted{predict: prefer("Decimal")}), fakeeditor.Config{Resolves: true, InitializationOptions: map[string]any{"types": map[string]any{"enable": false}}})
	e.Open(file, "python", orders)
	e.Open("file:///a.go", "go", "package a\n\nfunc f(a int) {}\n")
	if got := append(annotations(e.ActionsAt(file, strings.Index(orders, "note"))), annotations(e.ActionsAt("file:///a.go", 18))...); len(got) != 0 {
		t.Errorf("actions %q", titles(got))
	}
	e.Close()
}
