package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// worthAnnotating is how likely a type must be to be offered to who asks.
const worthAnnotating = 0.05

// annotation travels with an action to the editor and back, which asks for its edit when the user has chosen it.
type annotation struct {
	URI     protocol.DocumentURI `json:"uri"`
	Version int32                `json:"version"`
	Whole   bool                 `json:"whole,omitempty"` // the file; else the function
	Offset  int                  `json:"offset"`          // where the cursor is
}

// annotating is what the actions that write types see of a document.
type annotating struct {
	s       *server
	snap    *snapshot
	sites   []bareSite // as far as they are known
	suggest func(context.Context, *meter, func(treesitter.Span) bool) ([]typeinfer.Suggestion, error)
	model   *meter
	asked   bool // the user asks, so that the model may be asked
	later   bool // the editor asks for the edits that take long when they are needed
}

// annotating returns nil where no types are to be suggested.
func (s *server) annotating(doc *document, asked bool) *annotating {
	if s.model == nil || !s.annotates(doc) {
		return nil
	}
	return &annotating{
		s: s, snap: doc.snapshot, sites: doc.knownSites(), suggest: s.suggesting(doc.snapshot), model: s.metered(), asked: asked, later: s.client.TextDocument.CodeAction.ResolvesEdits(),
	}
}

// all returns the bare sites of the version, known or not.
func (a *annotating) all() []bareSite {
	if a.sites == nil {
		a.sites = listSites(a.snap, typing{})
	}
	return a.sites
}

// learn asks about those of some sites that are not known.
func (a *annotating) learn(ctx context.Context, wanted func(*typeinfer.Site) bool) ([]typeinfer.Suggestion, error) {
	var known []typeinfer.Suggestion
	open := map[treesitter.Span]bool{}
	for i := range a.all() {
		switch b := &a.sites[i]; {
		case !wanted(&b.Site):
		case b.known:
			known = append(known, b.Suggestion)
		default:
			open[b.Span] = true
		}
	}
	if len(open) == 0 {
		return known, nil
	}
	found, err := a.suggest(ctx, a.model, func(span treesitter.Span) bool { return open[span] })
	for _, suggestion := range found {
		if wanted(&suggestion.Site) && !slices.ContainsFunc(known, func(k typeinfer.Suggestion) bool { return k.At == suggestion.At && k.Kind == suggestion.Kind }) {
			known = append(known, suggestion)
		}
	}
	return known, err
}

// named returns what the bare site may be annotated with that a name belongs to; nil where none does, and where no types are to be suggested.
func (a *annotating) named(ctx context.Context, name treesitter.Span) (*typeinfer.Suggestion, error) {
	if a == nil {
		return nil, nil
	}
	found, err := a.learn(ctx, func(site *typeinfer.Site) bool { return site.Name == name })
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// touching are the sites whose name, or whose place for a type, a cursor touches.
func touching(offset int) func(*typeinfer.Site) bool {
	return func(site *typeinfer.Site) bool {
		return site.Name.Start <= offset && offset <= site.Name.End || site.At == offset
	}
}

// actions lists what can be done about types at a cursor: each likely one of the site there, and all that are sure in the function, or class, and in the file around.
func (a *annotating) actions(ctx context.Context, offset int) (list, around []protocol317.CodeAction, err error) {
	touched, known := touching(offset), true
	for i := range a.all() {
		known = known && (!touched(&a.sites[i].Site) || a.sites[i].known)
	}
	if known || a.asked {
		here, err := a.learn(ctx, touched)
		if err != nil {
			return nil, nil, err
		}
		for _, suggestion := range here {
			for i, c := range suggestion.Candidates {
				if c.Probability < worthAnnotating {
					continue
				}
				list = append(list, protocol317.CodeAction{
					Title:       fmt.Sprintf("Annotate %s as `%s` (%s)", siteWords(&suggestion, true), oneLine(c.Type), share(c.Probability)),
					Kind:        protocol.RefactorRewrite,
					IsPreferred: i == 0 && suggestion.Shown,
					Edit:        a.s.edit(a.snap, textEdits(a.snap, typeinfer.Edits(a.snap.file(), []typeinfer.Pick{{Site: suggestion.Site, Candidate: c}}))...),
				})
			}
		}
	}
	for _, whole := range []bool{false, true} {
		action, err := a.offer(ctx, annotation{a.snap.uri, a.snap.version, whole, offset})
		if err != nil {
			return nil, nil, err
		}
		if action != nil {
			around = append(around, *action)
		}
	}
	return list, around, nil
}

// offer offers to annotate a function, a class or a file; nil where there is nothing to annotate, or where that is not known and the editor wants the edit at once: of a file that takes too long, and
// of a function where nobody asked.
func (a *annotating) offer(ctx context.Context, data annotation) (*protocol317.CodeAction, error) {
	wanted, what := a.scope(data)
	if wanted == nil {
		return nil, nil
	}
	action := &protocol317.CodeAction{Title: "Annotate this " + what, Kind: protocol.RefactorRewrite}
	open, sure := false, false
	for i := range a.all() {
		if b := &a.sites[i]; wanted(&b.Site) && !b.Inferred {
			open, sure = open || !b.known, sure || b.Shown
		}
	}
	switch {
	case !open && !sure:
		return nil, nil
	case a.later:
		action.Data = a.s.marshal(data)
		return action, nil
	case open && (data.Whole || !a.asked):
		return nil, nil
	}
	edit, err := a.edit(ctx, data)
	if err != nil || edit == nil {
		return nil, err
	}
	action.Edit = edit
	return action, nil
}

// scope tells which sites belong to the function or class around the cursor, or to the file, and what that is; nil where there is no function.
func (a *annotating) scope(data annotation) (wanted func(*typeinfer.Site) bool, what string) {
	if data.Whole {
		return func(*typeinfer.Site) bool { return true }, "file"
	}
	for _, d := range slices.Backward(a.snap.file().Declarations) { // inner ones first
		if data.Offset < d.Start || d.End < data.Offset {
			continue
		}
		inside := func(site *typeinfer.Site) bool { return d.Start <= site.Function.Start && site.Function.End <= d.End }
		if !slices.ContainsFunc(a.all(), func(b bareSite) bool { return inside(&b.Site) }) {
			continue
		}
		if classWord.Match(a.snap.text[d.Header.Start:d.Header.End]) {
			return inside, "class"
		}
		return inside, "function"
	}
	return nil, ""
}

// classWord begins the header of a class, behind its decorators and modifiers.
var classWord = regexp.MustCompile(`(?m)^\s*((export|default|abstract|declare)\s+)*class\b`)

// edit writes what is sure in a function or a file; nil where nothing is.
func (a *annotating) edit(ctx context.Context, data annotation) (*protocol317.WorkspaceEdit, error) {
	wanted, _ := a.scope(data)
	if wanted == nil {
		return nil, nil
	}
	found, err := a.learn(ctx, func(site *typeinfer.Site) bool { return !site.Inferred && wanted(site) })
	if err != nil {
		return nil, err
	}
	var picks []typeinfer.Pick
	for _, suggestion := range found {
		if suggestion.Shown {
			picks = append(picks, typeinfer.Pick{Site: suggestion.Site, Candidate: suggestion.Candidates[0]})
		}
	}
	edits := textEdits(a.snap, typeinfer.Edits(a.snap.file(), picks))
	if len(edits) == 0 {
		return nil, nil
	}
	can := a.s.client.Workspace.WorkspaceEdit
	if !data.Whole || !can.DocumentChanges || can.ChangeAnnotationSupport == nil {
		return a.s.edit(a.snap, edits...), nil
	}
	// An editor that shows edits before they are done says what these are for. None waits for a confirmation: VS Code would show them all unticked, and do nothing.
	const id = "types"
	change := protocol317.AnnotatedDocumentEdit{}
	change.TextDocument.URI, change.TextDocument.Version = a.snap.uri, &a.snap.version
	for _, e := range edits {
		change.Edits = append(change.Edits, protocol317.AnnotatedTextEdit{TextEdit: e, AnnotationID: id})
	}
	return &protocol317.WorkspaceEdit{
		DocumentChanges: []any{change},
		ChangeAnnotations: map[string]protocol317.ChangeAnnotation{id: {
			Label: "Types that are sure enough", Description: fmt.Sprintf("%d of %d sites without a type", len(picks), len(a.all())),
		}},
	}, nil
}

// annotatingToken is another name for work in progress.
func (s *server) annotatingToken() string {
	s.lastDrawn++
	return fmt.Sprintf("%s%d", annotatingToken, s.lastDrawn)
}

func (s *server) tellNoTypes() {
	s.showMessage(protocol.MessageTypeInfo, "mlm-lsp: no type here is sure enough to be written unasked")
}

// errNoTypes is what is said where types were asked for.
var errNoTypes = jsonrpc2.NewError(jsonrpc2.InvalidRequest, "no types are suggested in this document: types are for Python, TypeScript and JavaScript, where types.enable, types.disabledLanguages, types.disabledFiles and files.exclude allow it")

// resolveCodeAction adds the edit to an action that the user has chosen. All else goes back as it came.
func (s *server) resolveCodeAction(p *protocol317.CodeActionToResolve) (work, error) {
	var data annotation
	if json.Unmarshal((*p)["data"], &data) != nil || s.documents[data.URI] == nil {
		return func(context.Context) (any, error) { return p, nil }, nil // closed since, or an action of another's
	}
	doc := s.documents[data.URI]
	if doc.version != data.Version {
		return nil, errModified
	}
	a := s.annotating(doc, true)
	if a == nil {
		return nil, errNoTypes
	}
	token := s.annotatingToken()
	return func(ctx context.Context) (any, error) {
		var edit *protocol317.WorkspaceEdit
		err := s.whileShown(ctx, token, "looking for types", func(ctx context.Context) (err error) { edit, err = a.edit(ctx, data); return err })
		if err != nil {
			return nil, err
		}
		resolved := protocol317.CodeActionToResolve{}
		for key, value := range *p {
			resolved[key] = value
		}
		if edit == nil {
			s.post(s.tellNoTypes)
			return resolved, nil
		}
		resolved["edit"] = s.marshal(edit)
		return resolved, nil
	}, nil
}
