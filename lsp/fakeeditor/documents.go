package fakeeditor

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf16"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/protocol318"
)

// Edit replaces the bytes from Start up to End of a text.
type Edit struct {
	Start, End int
	Text       string
}

// Open opens a document. Its first version is 0, as in Neovim; when it is opened again, versions go on from where they were, so that diagnostics
// of its former life are told from those of this one.
func (e *Editor) Open(name, language, content string) {
	e.t.Helper()
	version, known := e.versions[name]
	if known {
		version++
	}
	e.versions[name] = version
	e.texts[name] = &text{content: content, version: version}
	e.Notify(protocol.MethodTextDocumentDidOpen, protocol.DidOpenTextDocumentParams{TextDocument: protocol.TextDocumentItem{
		URI: uri.URI(name), LanguageID: protocol.LanguageIdentifier(language), Version: version, Text: content}})
}

// CloseDocument closes a document.
func (e *Editor) CloseDocument(name string) {
	e.t.Helper()
	e.text(name)
	delete(e.texts, name)
	e.Notify(protocol.MethodTextDocumentDidClose, protocol.DidCloseTextDocumentParams{TextDocument: identifier(name)})
}

// Save saves a document.
func (e *Editor) Save(name string) {
	e.t.Helper()
	e.text(name)
	e.Notify(protocol.MethodTextDocumentDidSave, protocol.DidSaveTextDocumentParams{TextDocument: identifier(name)})
}

// Edit changes a document by edits that apply one after another, in one notification.
func (e *Editor) Edit(name string, edits ...Edit) {
	e.t.Helper()
	doc := e.text(name)
	var changes []protocol317.TextDocumentContentChangeEvent
	for _, edit := range edits {
		r := e.rangeOf(doc.content, edit.Start, edit.End)
		changes = append(changes, protocol317.TextDocumentContentChangeEvent{Range: &r, Text: edit.Text})
		doc.content = doc.content[:edit.Start] + edit.Text + doc.content[edit.End:]
	}
	e.change(name, doc, changes)
}

// SetText replaces the whole document, sending it whole.
func (e *Editor) SetText(name, content string) {
	e.t.Helper()
	doc := e.text(name)
	doc.content = content
	e.change(name, doc, []protocol317.TextDocumentContentChangeEvent{{Text: content}})
}

func (e *Editor) change(name string, doc *text, changes []protocol317.TextDocumentContentChangeEvent) {
	e.t.Helper()
	doc.version++
	e.versions[name] = doc.version
	e.Notify(protocol.MethodTextDocumentDidChange, protocol317.DidChangeTextDocumentParams{
		TextDocument:   protocol.VersionedTextDocumentIdentifier{TextDocumentIdentifier: identifier(name), Version: doc.version},
		ContentChanges: changes,
	})
}

// Text is the text of an open document, Version its version.
func (e *Editor) Text(name string) string   { e.t.Helper(); return e.text(name).content }
func (e *Editor) Version(name string) int32 { e.t.Helper(); return e.text(name).version }

func (e *Editor) text(name string) *text {
	e.t.Helper()
	doc := e.texts[name]
	if doc == nil {
		e.t.Fatalf("%s is not open in the editor", name)
	}
	return doc
}

// Completion is an item of the menu, in bytes of the document.
type Completion struct {
	Edit
	Label, SortText, FilterText string
	Item                        protocol317.CompletionItem
}

// CompletionParams asks for completions at a byte offset.
func (e *Editor) CompletionParams(name string, offset int) protocol.CompletionParams {
	e.t.Helper()
	var p protocol.CompletionParams
	p.TextDocument = identifier(name)
	p.Position = e.position(e.text(name).content, offset)
	return p
}

// Complete asks for completions at a byte offset and returns the menu as the editor would sort it.
func (e *Editor) Complete(name string, offset int) (items []Completion, incomplete bool) {
	e.t.Helper()
	var list protocol317.CompletionList
	if err := e.Call(protocol.MethodTextDocumentCompletion, e.CompletionParams(name, offset), &list); err != nil {
		e.t.Errorf("completion: %v", err)
		return nil, false
	}
	if list.Items == nil {
		e.t.Error("completion items are null, not a list")
	}
	content := e.text(name).content
	for i, item := range list.Items {
		if item.TextEdit == nil {
			e.t.Errorf("completion %q has no edit", item.Label)
			continue
		}
		if data, ok := item.Data.(map[string]any); ok {
			for key, value := range data {
				if number, ok := value.(float64); ok && number != math.Trunc(number) {
					e.t.Errorf("%s of the data of completion %q is %v: Neovim cannot send fractions back", key, item.Label, number)
				}
			}
		}
		edit := e.edit(content, *item.TextEdit)
		if strings.Contains(content[edit.Start:edit.End], "\n") || offset < edit.Start || edit.End < offset {
			e.t.Errorf("completion %q replaces %d to %d, which is not on the line around the cursor at %d", item.Label, edit.Start, edit.End, offset)
		}
		if i > 0 && list.Items[i-1].SortText >= item.SortText {
			e.t.Errorf("completion %q would not be sorted after the one before it", item.Label)
		}
		items = append(items, Completion{edit, item.Label, item.SortText, item.FilterText, item})
	}
	return items, list.IsIncomplete
}

// Inline is a text that the editor shows in place.
type Inline struct{ Edit }

// InlineParams asks for inline completions at a byte offset, by a key.
func (e *Editor) InlineParams(name string, offset int) protocol318.InlineCompletionParams {
	e.t.Helper()
	p := protocol318.InlineCompletionParams{TextDocumentPositionParams: e.PositionParams(name, offset)}
	p.Context.TriggerKind = protocol318.InlineCompletionInvoked
	return p
}

// Inline asks, with selected as what a menu shows as if it were there, if it does. What is shown must go on from that, and from what is typed.
func (e *Editor) Inline(name string, offset int, selected *Edit) []Inline {
	e.t.Helper()
	content := e.text(name).content
	p := e.InlineParams(name, offset)
	typed := Edit{Start: offset, End: offset}
	if selected != nil {
		typed = *selected
		p.Context.SelectedCompletionInfo = &protocol318.SelectedCompletionInfo{Range: e.rangeOf(content, selected.Start, selected.End), Text: selected.Text}
	}
	var list protocol318.InlineCompletionList
	if err := e.Call(protocol318.MethodInlineCompletion, p, &list); err != nil || list.Items == nil {
		e.t.Errorf("inline completion: %+v, %v", list, err)
	}
	var items []Inline
	for _, item := range list.Items {
		edit := e.edit(content, protocol.TextEdit{Range: item.Range, NewText: item.InsertText})
		before := content[min(edit.Start, typed.Start):typed.Start] + typed.Text
		if edit.Start > typed.Start || edit.End < offset || !strings.HasPrefix(edit.Text, before) || strings.Contains(edit.Text, "\n") {
			e.t.Errorf("the inline completion %+v does not go on from %q", edit, before)
		}
		items = append(items, Inline{edit})
	}
	return items
}

// Resolve asks for the rest of a completion and returns its documentation. The rest must not have changed.
func (e *Editor) Resolve(item Completion) string {
	e.t.Helper()
	return e.resolve(item, func(protocol317.CompletionItem) {})
}

// Imports are the further edits of a completion, which an editor of one kind asks for when the item is accepted.
func (e *Editor) Imports(name string, item Completion) (edits []Edit) {
	e.t.Helper()
	content := e.text(name).content
	add := func(item protocol317.CompletionItem) {
		for _, edit := range item.AdditionalTextEdits {
			edits = append(edits, e.edit(content, edit))
		}
	}
	if !e.config.Resolves {
		add(item.Item)
		return edits
	}
	e.resolve(item, add)
	return edits
}

func (e *Editor) resolve(item Completion, take func(protocol317.CompletionItem)) string {
	e.t.Helper()
	sent := encode(e.t, item.Item)
	var got protocol317.CompletionItem
	if err := e.Call(protocol.MethodCompletionItemResolve, sent, &got); err != nil {
		e.t.Errorf("resolving a completion: %v", err)
		return ""
	}
	content, ok := got.Documentation.(map[string]any)
	if !ok {
		e.t.Errorf("documentation %v of %q is no markup", got.Documentation, item.Label)
		return ""
	}
	if plain := content["kind"] == string(protocol.PlainText); plain != e.config.Plain {
		e.t.Errorf("documentation of the kind %v", content["kind"])
	}
	take(got)
	got.Documentation = nil
	if e.config.Resolves {
		got.AdditionalTextEdits = item.Item.AdditionalTextEdits
	}
	if back := encode(e.t, got); !bytes.Equal(sent, back) {
		e.t.Errorf("resolved to %s, was %s", back, sent)
	}
	text, _ := content["value"].(string)
	return text
}

// Hover is what the editor shows of some bytes of a document.
type Hover struct {
	Start, End int
	Markdown   string // or plain text, in an editor that knows no markdown
}

// Hover points at a byte offset; it is nil when there is nothing to show.
func (e *Editor) Hover(name string, offset int) *Hover {
	e.t.Helper()
	content := e.text(name).content
	var answer *protocol.Hover
	if err := e.Call(protocol.MethodTextDocumentHover, protocol.HoverParams{TextDocumentPositionParams: e.PositionParams(name, offset)}, &answer); err != nil {
		e.t.Errorf("hover: %v", err)
	}
	if answer == nil {
		return nil
	}
	want := protocol.Markdown
	if e.config.Plain {
		want = protocol.PlainText
	}
	if answer.Contents.Kind != want || answer.Range == nil {
		e.t.Errorf("a hover of the kind %q with range %v", answer.Contents.Kind, answer.Range)
		return nil
	}
	return &Hover{e.offset(content, answer.Range.Start), e.offset(content, answer.Range.End), answer.Contents.Value}
}

// Hint is a text that the editor shows at a byte offset, and what taking it does.
type Hint struct {
	At      int
	Label   string
	Tooltip string
	Edits   []Edit
	raw     protocol317.InlayHint
}

// HintParams asks for the hints between two byte offsets.
func (e *Editor) HintParams(name string, start, end int) protocol317.InlayHintParams {
	e.t.Helper()
	return protocol317.InlayHintParams{TextDocument: identifier(name), Range: e.rangeOf(e.text(name).content, start, end)}
}

// Hints asks for all hints of a document.
func (e *Editor) Hints(name string) []Hint {
	e.t.Helper()
	return e.TakeHints(name, e.Go(protocol317.MethodInlayHint, e.HintParams(name, 0, len(e.text(name).content))))
}

// TakeHints waits for hints of the text as it is.
func (e *Editor) TakeHints(name string, pending *Pending) []Hint {
	e.t.Helper()
	var raw []protocol317.InlayHint
	if err := e.Wait(pending, &raw); err != nil || raw == nil {
		e.t.Errorf("inlay hints: %v, %v", raw, err)
	}
	content := e.text(name).content
	var hints []Hint
	for _, r := range raw {
		h := e.hint(content, r)
		if len(hints) > 0 && h.At < hints[len(hints)-1].At {
			e.t.Errorf("the hint %q stands before the one before it", h.Label)
		}
		if len([]rune(h.Label)) > 30 || r.Kind != protocol317.InlayHintType || strings.Contains(h.Label, "\n") {
			e.t.Errorf("a hint that is none: %+v", r)
		}
		if later := e.config.Resolves; later == (r.Tooltip != nil) || later == (r.TextEdits != nil) || later == (r.Data == nil) {
			e.t.Errorf("a hint with more or less than an editor of this kind gets: %+v", r)
		}
		hints = append(hints, h)
	}
	return hints
}

func (e *Editor) hint(content string, r protocol317.InlayHint) Hint {
	e.t.Helper()
	h := Hint{At: e.offset(content, r.Position), Label: r.Label, raw: r}
	if r.Tooltip != nil {
		h.Tooltip = r.Tooltip.Value
	}
	for _, edit := range r.TextEdits {
		h.Edits = append(h.Edits, e.edit(content, edit))
	}
	return h
}

// ResolveHint asks for the rest of a hint. What is shown of it must not change.
func (e *Editor) ResolveHint(name string, h Hint) (Hint, error) {
	e.t.Helper()
	var got protocol317.InlayHint
	if err := e.Call(protocol317.MethodInlayHintResolve, h.raw, &got); err != nil {
		return Hint{}, err
	}
	if got.Label != h.raw.Label || got.Position != h.raw.Position {
		e.t.Errorf("resolved to %+v, was %+v", got, h.raw)
	}
	return e.hint(e.text(name).content, got), nil
}

// TakeHint does the edits of a hint, as a double click does.
func (e *Editor) TakeHint(name string, h Hint) { e.t.Helper(); e.Apply(name, Action{Edits: h.Edits}) }

// PositionParams names a byte offset of a document.
func (e *Editor) PositionParams(name string, offset int) protocol.TextDocumentPositionParams {
	e.t.Helper()
	return protocol.TextDocumentPositionParams{TextDocument: identifier(name), Position: e.position(e.text(name).content, offset)}
}

// Accept puts a completion into the document.
func (e *Editor) Accept(name string, item Completion) { e.t.Helper(); e.Edit(name, item.Edit) }

// Diagnostic is what the editor shows at some bytes of a document.
type Diagnostic struct {
	Start, End    int
	Code, Message string
	Severity      protocol.DiagnosticSeverity
	raw           protocol.Diagnostic
}

// NewDiagnostic is a diagnostic that the editor still shows from a former session.
func NewDiagnostic(start, end int, code string, data any) Diagnostic {
	return Diagnostic{Start: start, End: end, Code: code, raw: protocol.Diagnostic{Code: code, Source: "mlm-lsp", Data: data}}
}

// Diagnostics waits for those of the document's present version; an editor of that kind asks for them.
func (e *Editor) Diagnostics(name string) []Diagnostic {
	e.t.Helper()
	doc := e.text(name)
	if e.config.Pull {
		report, _ := e.Pull(name, "")
		return e.diagnostics(doc, report.Items)
	}
	e.await("diagnostics of "+name, func() bool {
		p, ok := e.shown[name]
		return ok && p.Version != nil && *p.Version == doc.version
	})
	defer e.mu.Unlock()
	return e.diagnostics(doc, e.shown[name].Diagnostics)
}

// Pull asks for diagnostics, given the id of the last answer, if there was one. The error is the server's.
func (e *Editor) Pull(name, previous string) (report protocol317.FullDocumentDiagnosticReport, err error) {
	e.t.Helper()
	err = e.Call(protocol317.MethodDocumentDiagnostic, protocol317.DocumentDiagnosticParams{TextDocument: identifier(name), PreviousResultID: previous}, &report)
	switch {
	case err != nil:
	case report.Kind == "full" && report.Items != nil && report.ResultID != "":
	case report.Kind == "unchanged" && report.Items == nil && report.ResultID == previous:
	default:
		e.t.Errorf("a report of diagnostics that is none: %+v", report)
	}
	return report, err
}

// GoWorkspace asks for the diagnostics of files that are not open, given the ids of the last answers by their URIs. With a token it takes them in parts, else by Workspace.
func (e *Editor) GoWorkspace(previous map[string]string, token string) *Pending {
	e.t.Helper()
	p := protocol317.WorkspaceDiagnosticParams{PreviousResultIDs: []protocol317.PreviousResultID{}}
	for name, id := range previous {
		p.PreviousResultIDs = append(p.PreviousResultIDs, protocol317.PreviousResultID{URI: uri.URI(name), Value: id})
	}
	if token != "" {
		p.PartialResultToken = token
		e.mu.Lock()
		e.parts[token] = []protocol317.WorkspaceFullDocumentDiagnosticReport{}
		e.mu.Unlock()
	}
	return e.Go(protocol317.MethodWorkspaceDiagnostic, p)
}

// Workspace waits for an answer to GoWorkspace, and returns how many diagnostics each file has that it speaks of. The ids of the answers go into previous.
func (e *Editor) Workspace(pending *Pending, previous map[string]string) map[string]int {
	e.t.Helper()
	var report protocol317.WorkspaceDiagnosticReport
	if err := e.Wait(pending, &report); err != nil || report.Items == nil {
		e.t.Errorf("diagnostics of the workspace: %+v, %v", report, err)
	}
	return e.workspace(report.Items, previous)
}

// Parts waits for so many parts of an answer to GoWorkspace, and returns what Workspace does.
func (e *Editor) Parts(token string, n int, previous map[string]string) map[string]int {
	e.t.Helper()
	e.await("parts of an answer", func() bool { return len(e.parts[token]) >= n })
	parts := e.parts[token]
	e.parts[token] = parts[n:]
	e.mu.Unlock()
	return e.workspace(parts[:n], previous)
}

func (e *Editor) workspace(reports []protocol317.WorkspaceFullDocumentDiagnosticReport, previous map[string]string) map[string]int {
	e.t.Helper()
	found := map[string]int{}
	for _, report := range reports {
		name := string(report.URI)
		if _, twice := found[name]; twice || report.Kind != "full" || report.Items == nil || report.Version != nil || e.texts[name] != nil && len(report.Items) > 0 {
			e.t.Errorf("a report that is none, or one too many: %+v", report)
		}
		found[name] = len(report.Items)
		if previous[name] = report.ResultID; report.ResultID == "" {
			delete(previous, name)
		}
	}
	return found
}

func (e *Editor) diagnostics(doc *text, list []protocol.Diagnostic) []Diagnostic {
	diagnostics := []Diagnostic{}
	for _, d := range list {
		start, end := e.offset(doc.content, d.Range.Start), e.offset(doc.content, d.Range.End)
		code, _ := d.Code.(string)
		diagnostics = append(diagnostics, Diagnostic{start, end, code, d.Message, d.Severity, d})
	}
	return diagnostics
}

// Cleared waits until a document that is closed, or not checked any more, has no diagnostics.
func (e *Editor) Cleared(name string) {
	e.t.Helper()
	e.await("no diagnostics of "+name, func() bool { p, ok := e.shown[name]; return ok && len(p.Diagnostics) == 0 })
	e.mu.Unlock()
}

// Action is a code action, with the edits it would do in its document and in others, by their URIs.
type Action struct {
	Title     string
	Kind      protocol.CodeActionKind
	Preferred bool
	Edits     []Edit
	Others    map[string][]Edit
	Creates   []string // URIs of files that it makes
	Command   *protocol.Command
	Label     string // what its edits are said to be for, where an editor shows that
	raw       json.RawMessage
}

// Actions asks, as an editor that looks whether there are any, what can be done about diagnostics that are shown.
func (e *Editor) Actions(name string, only []protocol.CodeActionKind, about ...Diagnostic) []Action {
	e.t.Helper()
	return e.actions(name, func(p *protocol317.CodeActionParams) {
		p.Context.Only = only
		p.Context.TriggerKind = protocol317.CodeActionAutomatic
		for _, d := range about {
			d.raw.Range = e.rangeOf(e.text(name).content, d.Start, d.End) // an editor moves diagnostics with the text
			p.Range = d.raw.Range
			p.Context.Diagnostics = append(p.Context.Diagnostics, protocol317.Diagnostic{Raw: encode(e.t, d.raw)})
		}
	})
}

// ActionsAt asks, as a user does, what can be done at a byte offset where nothing is shown.
func (e *Editor) ActionsAt(name string, offset int, only ...protocol.CodeActionKind) []Action {
	e.t.Helper()
	return e.ActionsFor(protocol317.CodeActionInvoked, name, offset, only...)
}

// ActionsFor is ActionsAt for another reason; 0 is an editor that does not say.
func (e *Editor) ActionsFor(reason protocol317.CodeActionTriggerKind, name string, offset int, only ...protocol.CodeActionKind) []Action {
	e.t.Helper()
	return e.actions(name, func(p *protocol317.CodeActionParams) {
		p.Context.Only = only
		p.Context.TriggerKind = reason
		p.Range = e.rangeOf(e.text(name).content, offset, offset)
	})
}

func (e *Editor) actions(name string, fill func(*protocol317.CodeActionParams)) []Action {
	e.t.Helper()
	var p protocol317.CodeActionParams
	p.TextDocument = identifier(name)
	p.Context.Diagnostics = []protocol317.Diagnostic{}
	fill(&p)
	var raw json.RawMessage
	if err := e.Call(protocol.MethodTextDocumentCodeAction, p, &raw); err != nil {
		e.t.Errorf("code action: %v", err)
		return nil
	}
	var result []json.RawMessage
	if err := json.Unmarshal(raw, &result); err != nil || result == nil {
		e.t.Errorf("code actions %s: want a list, %v", raw, err)
	}
	var actions []Action
	for _, a := range result {
		actions = append(actions, e.action(name, a))
	}
	return actions
}

// ResolveAction asks for the edit of an action that the user has chosen, where the action has none. What is shown of it must not change.
func (e *Editor) ResolveAction(name string, action Action) (Action, error) {
	e.t.Helper()
	var raw json.RawMessage
	if err := e.Call(protocol317.MethodCodeActionResolve, action.raw, &raw); err != nil {
		return Action{}, err
	}
	got := e.action(name, raw)
	if got.Title != action.Title || got.Kind != action.Kind || got.Preferred != action.Preferred {
		e.t.Errorf("resolved to %+v, was %+v", got, action)
	}
	return got, nil
}

func (e *Editor) action(name string, raw json.RawMessage) Action {
	e.t.Helper()
	var a struct {
		protocol317.CodeAction
		Diagnostics []protocol.Diagnostic `json:"diagnostics"`
		Edit        *struct {
			Changes         map[string][]protocol.TextEdit `json:"changes"`
			DocumentChanges []struct {
				Kind, URI    string
				TextDocument protocol.OptionalVersionedTextDocumentIdentifier
				Edits        []protocol317.AnnotatedTextEdit
			} `json:"documentChanges"`
			ChangeAnnotations map[string]protocol317.ChangeAnnotation `json:"changeAnnotations"`
		} `json:"edit"`
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		e.t.Errorf("a code action that is none: %s: %v", raw, err)
	}
	action := Action{Title: a.Title, Kind: a.Kind, Preferred: a.IsPreferred, Others: map[string][]Edit{}, Command: a.Command, raw: raw}
	if lacks := a.Edit == nil && a.Command == nil; a.Edit != nil && a.Command != nil || lacks && (a.Data == nil || !e.config.Resolves) {
		e.t.Errorf("the action %q has an edit and a command, or neither", a.Title)
	}
	if a.Edit == nil {
		return action
	}
	for file, edits := range a.Edit.Changes {
		e.plan(name, &action, file, edits)
	}
	for _, change := range a.Edit.DocumentChanges {
		if e.config.OldEdits {
			e.t.Error("a versioned edit in an editor that knows none")
		}
		if change.Kind == "create" {
			action.Creates = append(action.Creates, change.URI)
			continue
		}
		file, version := string(change.TextDocument.URI), change.TextDocument.Version
		if open := e.texts[file]; (open == nil) != (version == nil) || open != nil && *version != open.version {
			e.t.Errorf("an edit of %v, not of the version that is open", change.TextDocument)
		}
		var edits []protocol.TextEdit
		for _, edit := range change.Edits {
			edits = append(edits, edit.TextEdit)
			if edit.AnnotationID != "" {
				annotation, ok := a.Edit.ChangeAnnotations[edit.AnnotationID]
				if !ok || annotation.Label == "" || !e.config.Annotated {
					e.t.Errorf("the annotation %q of an edit is not there, or not wanted", edit.AnnotationID)
				}
				action.Label = annotation.Label
			}
		}
		e.plan(name, &action, file, edits)
	}
	return action
}

// plan notes edits in bytes of what they are for: a document that is open, a file, or one that is made.
func (e *Editor) plan(name string, action *Action, file string, edits []protocol.TextEdit) {
	e.t.Helper()
	content := ""
	if open := e.texts[file]; open != nil {
		content = open.content
	} else if !slices.Contains(action.Creates, file) {
		data, err := os.ReadFile(uri.URI(file).Filename())
		if err != nil {
			e.t.Errorf("an edit of a file that is not there: %v", err)
		}
		content = string(data)
	}
	for _, edit := range edits {
		if file == name {
			action.Edits = append(action.Edits, e.edit(content, edit))
		} else {
			action.Others[file] = append(action.Others[file], e.edit(content, edit))
		}
	}
}

// Apply does the edits of an action. All of them count in the text as it is, so they are done from the last to the first.
func (e *Editor) Apply(name string, action Action) {
	e.t.Helper()
	var backwards []Edit
	for i := len(action.Edits) - 1; i >= 0; i-- {
		backwards = append(backwards, action.Edits[i])
	}
	e.Edit(name, backwards...)
}

func (e *Editor) edit(content string, edit protocol.TextEdit) Edit {
	return Edit{e.offset(content, edit.Range.Start), e.offset(content, edit.Range.End), edit.NewText}
}

func (e *Editor) rangeOf(content string, start, end int) protocol.Range {
	return protocol.Range{Start: e.position(content, start), End: e.position(content, end)}
}

// position counts from the start of the text each time.
func (e *Editor) position(content string, offset int) protocol.Position {
	before := content[:offset]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return protocol.Position{Line: uint32(strings.Count(before, "\n")), Character: e.width(line)}
}

func (e *Editor) width(s string) uint32 {
	if e.encoding == protocol317.UTF8 {
		return uint32(len(s))
	}
	return uint32(len(utf16.Encode([]rune(s))))
}

// offset looks for the offset that has the position. The server must name one that exists.
func (e *Editor) offset(content string, p protocol.Position) int {
	start := 0
	for range p.Line {
		next := strings.IndexByte(content[start:], '\n')
		if next < 0 {
			e.t.Errorf("the server names line %d of a text that has fewer", p.Line)
			return len(content)
		}
		start += next + 1
	}
	line, _, _ := strings.Cut(content[start:], "\n")
	for i := range line + "\n" { // the end of the line too
		if e.width(line[:i]) == p.Character {
			return start + i
		}
	}
	e.t.Errorf("the server names character %d in line %d, where none begins", p.Character, p.Line)
	return start
}

func identifier(name string) protocol.TextDocumentIdentifier {
	return protocol.TextDocumentIdentifier{URI: uri.URI(name)}
}
