package lsp

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
)

func titles(actions []fakeeditor.Action) (list []string) {
	for _, a := range actions {
		list = append(list, a.Title)
	}
	return list
}

// What can be done about a diagnostic, in order; only a single candidate is preferred.
func TestActions(t *testing.T) {
	for name, c := range map[string]struct {
		config      fakeeditor.Config
		suggestions []string
	}{"versioned edits": {fakeeditor.Config{}, []string{"right"}}, "old edits": {fakeeditor.Config{OldEdits: true}, []string{"right", "straight"}}} {
		t.Run(name, func(t *testing.T) {
			e := startSuspecting(t, wrongIsRight(c.suggestions...), quick(&scripted{}), c.config)
			e.Open(file, "python", "a = '𝄞' + wrong\n")
			found := e.Diagnostics(file)
			e.Edit(file, fakeeditor.Edit{Text: "𝄞 = 1\n"}) // the diagnostic moves with the text
			found[0].Start, found[0].End = found[0].Start+9, found[0].End+9
			actions := e.Actions(file, nil, found...)
			var want []string
			for _, text := range c.suggestions {
				want = append(want, "Replace with `"+text+"`")
			}
			want = append(want, "Ignore `variable-misuse` here", "Ignore `variable-misuse` in this file", "Explain `wrong`")
			if got := titles(actions); !slices.Equal(got, want) {
				t.Fatalf("actions %q, want %q", got, want)
			}
			for i, a := range actions {
				if a.Kind != protocol.QuickFix || a.Preferred != (i == 0 && len(c.suggestions) == 1) {
					t.Errorf("action %+v", a)
				}
			}
			for _, kind := range []protocol.CodeActionKind{protocol.Refactor, protocol.Source} {
				if got := e.Actions(file, []protocol.CodeActionKind{kind}, found...); len(got) != 0 {
					t.Errorf("actions though only %s were asked for: %+v", kind, got)
				}
			}
			if got := e.Actions(file, []protocol.CodeActionKind{protocol.Source, protocol.QuickFix}, found...); len(got) != len(actions) {
				t.Errorf("actions of the kind quickfix: %+v", got)
			}
			e.Apply(file, actions[0])
			if got := e.Text(file); got != "𝄞 = 1\na = '𝄞' + right\n" {
				t.Errorf("fixed: %q", got)
			}
			if got := e.Actions(file, nil, found...); len(got) != 0 {
				t.Errorf("actions where the text is another: %+v", got)
			}
			e.Close()
		})
	}
}

// What another server reported, or an older version of this one, is no business of ours.
func TestActionsAboutWhatIsNotOurs(t *testing.T) {
	e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), fakeeditor.Config{})
	e.Open(file, "python", "wrong\n")
	var answer []protocol317.CodeAction
	if err := e.Call(protocol.MethodTextDocumentCodeAction, map[string]any{
		"textDocument": map[string]any{"uri": file},
		"range":        protocol.Range{},
		"context": map[string]any{"diagnostics": []map[string]any{
			{"source": "other", "message": "", "range": protocol.Range{}, "data": map[string]any{"found": "", "texts": []string{"x"}}},
			{"source": "mlm-lsp", "message": "", "code": 7, "range": protocol.Range{}, "data": 7},
			{"source": "mlm-lsp", "message": "", "range": protocol.Range{}},
		}},
	}, &answer); err != nil || answer == nil || len(answer) != 0 {
		t.Errorf("actions %+v, %v", answer, err)
	}
	e.Close()
}

// The comments silence what they are offered for, and the explanation is a command that can be executed.
func TestSilenceAndExplain(t *testing.T) {
	e := startWithModel(t, quick(&scripted{predict: prefer("width")}), fakeeditor.Config{})
	text := strings.Replace(python, "return width", "return wrong", 1)
	e.Open(file, "python", text)
	// A diagnostic of an earlier version of the text, so that what reports it does not matter here.
	at := strings.Index(text, "wrong")
	about := fakeeditor.NewDiagnostic(at, at+5, "variable-misuse", map[string]any{"found": "wrong", "texts": []string{}})
	actions := e.Actions(file, nil, about)
	if got, want := titles(actions), []string{"Ignore `variable-misuse` here", "Ignore `variable-misuse` in this file", "Explain `wrong`"}; !slices.Equal(got, want) {
		t.Fatalf("actions %q, want %q", got, want)
	}
	explain := actions[2].Command
	if err := e.Execute(explain.Command, nil, explain.Arguments...); err != nil {
		t.Error(err)
	}
	if got := e.Message(); !strings.HasPrefix(got, "`wrong` in line 2:") {
		t.Errorf("message %q", got)
	}
	e.Apply(file, actions[0])
	if got := e.Text(file); !strings.Contains(got, "return wrong * height  # mlm-lsp: ignore[variable-misuse]\n") {
		t.Errorf("silenced here: %q", got)
	}
	e.SetText(file, text)
	e.Apply(file, actions[1])
	if got := e.Text(file); !strings.HasPrefix(got, "# mlm-lsp: ignore-file[variable-misuse]\n") {
		t.Errorf("silenced in the file: %q", got)
	}
	e.Close()
}

// Silence in the project is an edit of its file: of the one that is open, of the one on the disk, or of a new one where the editor can make it.
func TestSilenceInTheProject(t *testing.T) {
	const title, own = "Ignore `variable-misuse` in this project (" + settings.FileName + ")", "[diagnostics]\nseverity = \"hint\"\n"
	for _, c := range []struct {
		name          string
		config        fakeeditor.Config
		exists, open  bool
		offered, made bool
		signs         []string // that the editor does not write in URIs as the server does, each before how it does
	}{
		{"closed", fakeeditor.Config{}, true, false, true, false, nil},
		{"closed, old edits", fakeeditor.Config{OldEdits: true}, true, false, true, false, nil},
		{"open", fakeeditor.Config{}, true, true, true, false, nil},
		{"open, old edits", fakeeditor.Config{OldEdits: true}, true, true, true, false, nil},
		{"open in VS Code", fakeeditor.Config{}, true, true, true, false, []string{"+", "%2B"}},
		{"open in Neovim", fakeeditor.Config{OldEdits: true}, true, true, true, false, []string{"%28", "(", "%29", ")"}},
		{"not there", fakeeditor.Config{CreatesFiles: true}, false, false, true, true, nil},
		{"not there, and the editor cannot make it", fakeeditor.Config{}, false, false, false, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			directory := filepath.Join(t.TempDir(), "a+b (old)")
			source := place(t, directory, "a.py", "wrong\n")
			conf := strings.NewReplacer(c.signs...).Replace(string(uri.File(filepath.Join(directory, settings.FileName))))
			c.config.Folders = []string{uriOf(directory)}
			e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), c.config)
			before := ""
			if c.exists {
				before = own
				place(t, directory, settings.FileName, own)
			}
			if c.open {
				before = "# not saved\n" + own
				e.Open(conf, "toml", before)
			}
			e.Open(source, "python", "wrong\n")
			actions := e.Actions(source, nil, e.Diagnostics(source)...)
			i := slices.Index(titles(actions), title)
			if i < 0 || !c.offered {
				if c.offered != (i >= 0) {
					t.Errorf("actions %q", titles(actions))
				}
				return
			}
			action := actions[i]
			if got := slices.Equal(action.Creates, []string{conf}); got != c.made || len(action.Others[conf]) != 1 {
				t.Fatalf("action %+v", action)
			}
			edit := action.Others[conf][0]
			after := before[:edit.Start] + edit.Text + before[edit.End:]
			if err := os.WriteFile(filepath.Join(directory, settings.FileName), []byte(after), 0o600); err != nil {
				t.Fatal(err)
			}
			e.Watched(conf)
			e.Cleared(source)
			e.Close()
		})
	}
}

// A user who asks about a token that nothing is reported of is offered what was likeliest meant; an editor that only looks is not, and the model is left alone.
func TestReplacementsForWhoAsks(t *testing.T) {
	e := startWithModel(t, quick(&scripted{predict: prefer("height", "width")}), fakeeditor.Config{InitializationOptions: quietly()})
	e.Open(file, "python", python)
	at := strings.Index(python, "width *")
	if got := e.Actions(file, nil); len(got) != 0 {
		t.Errorf("actions though nobody asked: %q", titles(got))
	}
	actions := e.ActionsAt(file, at+1)
	if len(actions) < 2 || !strings.HasPrefix(actions[0].Title, "Replace `width` with `") || actions[0].Kind != protocol.RefactorRewrite || titles(actions)[len(actions)-1] != "Explain `width`" {
		t.Errorf("actions %q", titles(actions))
	}
	if edit := actions[0].Edits[0]; edit.Start != at || edit.End != at+len("width") || edit.Text == "width" {
		t.Errorf("edit %+v", edit)
	}
	if got := e.ActionsAt(file, at, protocol.QuickFix); len(got) != 0 {
		t.Errorf("actions though only quick fixes were asked for: %q", titles(got))
	}
	if got := e.ActionsAt(file, at, protocol.Refactor); len(got) != len(actions) {
		t.Errorf("refactorings: %q", titles(got))
	}
	if got := e.ActionsAt(file, strings.Index(python, " height")); len(got) != 0 {
		t.Errorf("actions for punctuation: %q", titles(got))
	}
	e.Close()
}

// An editor that knows no actions with edits gets none.
func TestEditorWithCommandsOnly(t *testing.T) {
	e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), fakeeditor.Config{CommandsOnly: true})
	e.Open(file, "python", "wrong\n")
	if got := e.Actions(file, nil, e.Diagnostics(file)...); len(got) != 0 {
		t.Errorf("actions %q", titles(got))
	}
	e.Close()
}
