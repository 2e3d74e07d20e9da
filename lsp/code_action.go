package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"go.uber.org/zap"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/typeinfer"
)

// codeAction offers what can be done about the diagnostics that the editor sends back: to replace what they point at, to silence them here, in the file or in the project, and to explain
// them. It works from what the editor sends; a place where something else stands by now gets no offer. Where none of ours is sent, and the user asked, the likeliest replacements of the token
// at the cursor are offered: a model that does not dare to report a mistake is still good at mending one. Types are offered where none are written (annotate.go).
func (s *server) codeAction(p *protocol317.CodeActionParams) (work, error) {
	doc := s.documents[p.TextDocument.URI]
	if doc == nil || !s.client.TextDocument.CodeAction.Literals() {
		return func(context.Context) (any, error) { return []protocol317.CodeAction{}, nil }, nil
	}
	a := s.actionsOf(doc)
	a.fixes, a.rewrites = wants(p.Context.Only, protocol.QuickFix), wants(p.Context.Only, protocol.RefactorRewrite)
	byUser := p.Context.TriggerKind != protocol317.CodeActionAutomatic // Eglot does not say, and asks for who asked
	asked := byUser && a.rewrites && s.model != nil && doc.language != ""
	var types *annotating
	if a.rewrites {
		types = s.annotating(doc, byUser)
	}
	m, options := s.metered(), s.examining(doc)
	return func(ctx context.Context) (any, error) {
		ours := false
		for _, diagnostic := range p.Context.Diagnostics {
			ours = a.about(diagnostic) || ours
		}
		var around []protocol317.CodeAction
		if types != nil {
			here, all, err := types.actions(ctx, a.snap.mapper.positionOffset(p.Range.Start))
			if err != nil {
				return nil, err
			}
			a.list, around = append(a.list, here...), all
		}
		if ours || !asked {
			return append(a.list, around...), nil
		}
		x, err := suspect.Explain(ctx, m, a.snap.file(), a.snap.mapper.positionOffset(p.Range.Start), options())
		if err != nil {
			return nil, err
		}
		if x != nil {
			a.rewrite(x, p.Range.Start)
		}
		return append(a.list, around...), nil
	}, nil
}

// wants reports whether actions of a kind are asked for: nothing asks for all, and a kind for those below it.
func wants(only []protocol.CodeActionKind, kind protocol.CodeActionKind) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(k protocol.CodeActionKind) bool {
		return k == kind || strings.HasPrefix(string(kind), string(k)+".")
	})
}

// actions are gathered off the loop, from what the loop captured.
type actions struct {
	s               *server
	snap            *snapshot
	root            string    // of the project; "" for none
	conf            *snapshot // its file, when that is open
	fixes, rewrites bool      // what is wanted
	list            []protocol317.CodeAction
}

// actionsOf gathers actions about a document, none of them yet.
func (s *server) actionsOf(doc *document) *actions {
	a := &actions{s: s, snap: doc.snapshot, root: s.rootOf(doc), list: []protocol317.CodeAction{}}
	if a.root != "" {
		path := filepath.Join(a.root, settings.FileName)
		for name, open := range s.documents { // editors write one path as several URIs: (old) or %28old%29
			if pathOf(name) == path {
				a.conf = open.snapshot
			}
		}
	}
	return a
}

// about adds what can be done about a diagnostic. It reports false for one that is none of ours, or not of this text.
func (a *actions) about(diagnostic protocol317.Diagnostic) bool {
	var data replacement
	if diagnostic.Source != settings.Section || json.Unmarshal(diagnostic.Data, &data) != nil {
		return false
	}
	span := a.snap.mapper.rangeSpan(diagnostic.Range)
	if string(a.snap.text[span.Start:span.End]) != data.Found {
		return false
	}
	if !a.fixes {
		return true
	}
	add := func(title string, preferred bool, edit *protocol317.WorkspaceEdit) {
		a.list = append(a.list, protocol317.CodeAction{
			Title: title, Kind: protocol.QuickFix, Diagnostics: []protocol317.Diagnostic{diagnostic}, IsPreferred: preferred, Edit: edit,
		})
	}
	for i, text := range data.Texts {
		edits := []protocol.TextEdit{{Range: a.snap.mapper.spanRange(span), NewText: text}}
		if i < len(data.Imports) { // imports stand before what they are for
			edits = append(textEdits(a.snap, typeinfer.ImportEdits(a.snap.file(), importsOf(data.Imports[i]))), edits...)
		}
		add("Replace with `"+text+"`", len(data.Texts) == 1, a.s.edit(a.snap, edits...))
	}
	if code := diagnostic.Code; slices.Contains(suspect.Codes(), code) {
		if in, ok := suspect.SilenceLine(a.snap.file(), span.Start, code); ok {
			add("Ignore `"+code+"` here", false, a.s.edit(a.snap, insertion(a.snap, in)))
		}
		if in, ok := suspect.SilenceFile(a.snap.file(), code); ok {
			add("Ignore `"+code+"` in this file", false, a.s.edit(a.snap, insertion(a.snap, in)))
		}
		if edit, err := a.silenceProject(code); err != nil {
			a.s.log.Debug("not offering to change a project's file", zap.Error(err))
		} else {
			add("Ignore `"+code+"` in this project ("+settings.FileName+")", false, edit)
		}
	}
	a.explain(data.Found, protocol.QuickFix, diagnostic.Range.Start)
	return true
}

// importsOf are what a suggestion needs imported, as package typeinfer writes it.
func importsOf(needed []suspect.Import) (list []typeinfer.Import) {
	for _, i := range needed {
		list = append(list, typeinfer.Import(i))
	}
	return list
}

// rewrite adds the likeliest replacements of a token that nothing is reported of.
func (a *actions) rewrite(x *suspect.Explanation, at protocol.Position) {
	for _, c := range x.Suggestions[:min(3, len(x.Suggestions))] {
		if c.LogProb < math.Log(worthOffering) {
			continue
		}
		a.list = append(a.list, protocol317.CodeAction{
			Title: fmt.Sprintf("Replace `%s` with `%s`", x.Token, c.Text), Kind: protocol.RefactorRewrite,
			Edit: a.s.edit(a.snap, protocol.TextEdit{Range: a.snap.mapper.spanRange(x.Span), NewText: c.Text}),
		})
	}
	a.explain(x.Token, protocol.RefactorRewrite, at)
}

// worthOffering is how likely a replacement must be what was meant, if what stands there is wrong, to be offered to who asks.
const worthOffering = 0.05

func (a *actions) explain(token string, kind protocol.CodeActionKind, at protocol.Position) {
	a.list = append(a.list, protocol317.CodeAction{
		Title: "Explain `" + token + "`", Kind: kind,
		Command: &protocol.Command{Title: "Explain", Command: commandExplain, Arguments: []any{a.snap.uri, at}},
	})
}

// silenceProject edits the project's file. The editor's text of it goes over the disk's. The error says why it cannot be edited, or made.
func (a *actions) silenceProject(code string) (*protocol317.WorkspaceEdit, error) {
	if a.root == "" {
		return nil, errors.New("the document belongs to no project")
	}
	path := filepath.Join(a.root, settings.FileName)
	snap, exists := a.conf, true
	if snap == nil {
		text, err := settings.ReadText(a.root)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			exists = false
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		snap = a.s.newSnapshot(uri.File(path), 0, "", text)
	}
	in, err := settings.DisableKind(snap.text, code)
	if err != nil {
		return nil, err
	}
	can := a.s.client.Workspace.WorkspaceEdit
	change := protocol.TextDocumentEdit{Edits: []protocol.TextEdit{insertion(snap, in)}}
	change.TextDocument.URI = snap.uri
	switch {
	case a.conf != nil:
		return a.s.edit(snap, change.Edits...), nil
	case !exists && can.DocumentChanges && slices.Contains(can.ResourceOperations, string(protocol.CreateResourceOperation)):
		return &protocol317.WorkspaceEdit{DocumentChanges: []any{
			protocol.CreateFile{Kind: protocol.CreateResourceOperation, URI: snap.uri, Options: &protocol.CreateFileOptions{IgnoreIfExists: true}}, change,
		}}, nil
	case !exists:
		return nil, fmt.Errorf("there is no %s, and the editor makes no files: make an empty one", path)
	case can.DocumentChanges:
		return &protocol317.WorkspaceEdit{DocumentChanges: []any{change}}, nil
	}
	return &protocol317.WorkspaceEdit{Changes: map[protocol.DocumentURI][]protocol.TextEdit{snap.uri: change.Edits}}, nil
}

// insertion is an edit of a text that only adds to it.
func insertion(snap *snapshot, in suspect.Insertion) protocol.TextEdit {
	at := snap.mapper.offsetPosition(in.Offset)
	return protocol.TextEdit{Range: protocol.Range{Start: at, End: at}, NewText: in.Text}
}

// edit is an edit of one open document; of this very version of it, where the editor can tell versions apart.
func (s *server) edit(snap *snapshot, edits ...protocol.TextEdit) *protocol317.WorkspaceEdit {
	if !s.client.Workspace.WorkspaceEdit.DocumentChanges {
		return &protocol317.WorkspaceEdit{Changes: map[protocol.DocumentURI][]protocol.TextEdit{snap.uri: edits}}
	}
	return &protocol317.WorkspaceEdit{DocumentChanges: []any{protocol.TextDocumentEdit{
		TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: snap.uri},
			Version:                &snap.version,
		},
		Edits: edits,
	}}}
}
