package lsp

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/fakeeditor"
)

// Where a type is written, whole types come first, and accepting one writes its import: at once, or when the editor asks for that.
func TestCompletionOfTypes(t *testing.T) {
	directory := t.TempDir()
	place(t, directory, "pay.py", "from decimal import Decimal\n\n\ndef pay(amount: Decimal, price: Decimal, lines: list[int]) -> Decimal:\n    return amount\n")
	for _, config := range []fakeeditor.Config{{}, {Resolves: true}, {Plain: true}} {
		t.Run(fmt.Sprintf("resolves %v, plain %v", config.Resolves, config.Plain), func(t *testing.T) {
			config.Folders = []string{uriOf(directory)}
			const text = "\"\"\"Refunds.\"\"\"\n\n\ndef refund(amount: De, lines: ) -> None:\n    return {amount: lines}\n"
			name := place(t, directory, "refund.py", text)
			opts := quick(&scripted{predict: prefer("amount")})
			opts.Files = func(context.Context, string) ([]string, error) {
				return []string{filepath.Join(directory, "pay.py"), filepath.Join(directory, "refund.py")}, nil
			}
			e := startWithModel(t, opts, config)
			e.Open(name, "python", text)
			e.Diagnostics(name) // by when the project is known
			at := strings.Index(text, "De,") + 2
			items, _ := e.Complete(name, at)
			if len(items) == 0 || items[0].Label != "Decimal" {
				t.Fatalf("items %+v", items)
			}
			if details := items[0].Item.LabelDetails; !config.Plain && (details == nil || details.Description != "mlm-lsp: from decimal") {
				t.Errorf("label details %+v", details)
			}
			if got := e.Resolve(items[0]); !strings.Contains(got, "type.") || !strings.Contains(got, "Imported from ") {
				t.Errorf("documentation %q", got)
			}
			imports := e.Imports(name, items[0])
			e.Accept(name, items[0])
			for i := len(imports) - 1; i >= 0; i-- { // above, so that what was accepted moves none of it
				e.Edit(name, imports[i])
			}
			if got := e.Text(name); !strings.Contains(got, "from decimal import Decimal\n") || !strings.Contains(got, "(amount: Decimal, lines: )") {
				t.Errorf("accepted:\n%s", got)
			}
			at = strings.Index(e.Text(name), "lines: )") + len("lines: ")
			items, _ = e.Complete(name, at)
			if len(items) == 0 || items[0].Label != "list[int]" || len(e.Imports(name, items[0])) != 0 {
				t.Errorf("items %+v", items)
			}
			items, _ = e.Complete(name, strings.Index(e.Text(name), "lines}")+3)
			if i := slices.IndexFunc(items, func(item fakeeditor.Completion) bool { return item.Label == "list[int]" }); len(items) == 0 || i >= 0 {
				t.Errorf("a type is offered where none is written: %+v", items)
			}
			e.Close()
		})
	}
}

// Behind a bracket or a bar in an annotation the types come first that such annotations have there.
func TestCompletionOfPartsOfTypes(t *testing.T) {
	directory := t.TempDir()
	opts := quick(&scripted{predict: prefer("amount")})
	e := startWithModel(t, opts, fakeeditor.Config{Folders: []string{uriOf(directory)}})
	for i, c := range []struct{ language, text, want string }{
		{"python", "def f(names: list[^]) -> str:\n    return names[0].strip()\n", "str"},
		{"python", "class Cart: ...\ndef f(cart: Cart | ^): ...\n", "None"},
		{"typescript", "class Cart { a = 1 }\nfunction f(carts: Map<string, ^>) {}\nfunction g(carts: Map<string, Cart>) {}\n", "Cart"},
		{"python", "names = [^]\n", ""},
	} {
		at := strings.IndexByte(c.text, '^')
		text := c.text[:at] + c.text[at+1:]
		name := place(t, directory, fmt.Sprintf("part%d.%s", i, map[string]string{"python": "py", "typescript": "ts"}[c.language]), text)
		e.Open(name, c.language, text)
		e.Diagnostics(name) // by when what ranks is read
		items, _ := e.Complete(name, at)
		if c.want != "" && (len(items) == 0 || items[0].Label != c.want) {
			t.Errorf("%q: %+v, want %s", c.text, items, c.want)
		}
		if i := slices.IndexFunc(items, func(item fakeeditor.Completion) bool {
			d := item.Item.LabelDetails
			return c.want == "" && d != nil && d.Description == "mlm-lsp: type"
		}); i >= 0 {
			t.Errorf("%q: a type is offered where none is written: %+v", c.text, items[i])
		}
	}
	e.Close()
}

// A list is no longer than the user wants.
func TestCompletionOfFewTypes(t *testing.T) {
	e := startWithModel(t, quick(&scripted{}), fakeeditor.Config{InitializationOptions: map[string]any{"completion": map[string]any{"maxItems": 3}}})
	const text = "function first(count: number, name: string) {}\nfunction second(count: ) {}\n"
	e.Open("file:///a.ts", "typescript", text)
	items, incomplete := e.Complete("file:///a.ts", strings.LastIndex(text, ": ")+2)
	if len(items) != 3 || !incomplete || !slices.ContainsFunc(items, func(item fakeeditor.Completion) bool { return item.Label == "number" }) {
		t.Errorf("items %+v, incomplete %v", items, incomplete)
	}
	e.Close()
}
