package lsp

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/internal/generated"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// Types are asked of the model a few sites at a time, in the background and only where an editor wants hints: each such step takes its turn after the diagnostics, while nothing is
// typed or completed (diagnostics.go). What a step finds is kept with the version that it was found in. An edit carries over what it cannot have changed, so that the sites of the function
// that was edited are asked again and no others, but for an edit of what the file imports or defines at its top: then all are, most of them with questions that the model has answered before.

// sitesAtOnce are asked in one step. A step that is stopped is lost, and a long one makes who types wait for the processor.
const sitesAtOnce = 4

// typing is what is known of the bare sites of a document.
type typing struct {
	of      *snapshot // the version that the sites are of; nil: none yet
	sites   []bareSite
	failed  bool // the model failed in that version
	waiting []*hintsCall
	owed    []treesitter.Span // where an editor has incomplete hints, and is to be told when there are more
}

// bareSite is a site without an annotation. Slices of them do not change once they are a document's.
type bareSite struct {
	typeinfer.Suggestion
	known bool // it was asked about
}

// hintsCall is a request for hints that waits for them.
type hintsCall struct {
	span   treesitter.Span
	answer chan hinted // with room for one
	late   *time.Timer
}

// hinted is the answer to one: what is known of the sites of the version that it asked about.
type hinted struct {
	sites []bareSite
	err   error
}

// annotates reports whether types are to be suggested in a document.
func (s *server) annotates(doc *document) bool {
	return !s.paused && slices.Contains(typeinfer.Languages(), doc.language) && doc.settings.Annotates(doc.language, s.relative(doc), len(doc.text))
}

// knownSites are the bare sites of the newest version of a document; nil where they are not listed yet.
func (doc *document) knownSites() []bareSite {
	if doc.types.of != doc.snapshot {
		return nil
	}
	return doc.types.sites
}

// open tells whether something in a span is still to be asked; of an earlier version everything is.
func (doc *document) open(span treesitter.Span) bool {
	return !doc.types.failed && (doc.types.of != doc.snapshot || slices.ContainsFunc(doc.types.sites, func(b bareSite) bool { return !b.known && within(b.At, span) }))
}

func within(at int, span treesitter.Span) bool { return span.Start <= at && at <= span.End }

// answerHints answers who waits for the hints of a document, and need wait no longer.
func (s *server) answerHints(doc *document) {
	noModel := s.loading.over && s.model == nil
	doc.types.waiting = slices.DeleteFunc(doc.types.waiting, func(c *hintsCall) bool {
		switch {
		case noModel || doc.located && !s.annotates(doc):
			c.give(hinted{})
		case doc.open(c.span):
			return false
		default:
			c.give(hinted{sites: doc.knownSites()})
		}
		return true
	})
}

func (c *hintsCall) give(answer hinted) {
	if c.late != nil {
		c.late.Stop()
	}
	c.answer <- answer
}

// late answers a request with what there is. The editor is told when there is more.
func (s *server) late(name protocol.DocumentURI, c *hintsCall) {
	doc := s.documents[name]
	if doc == nil {
		return
	}
	if i := slices.Index(doc.types.waiting, c); i >= 0 {
		doc.types.waiting = slices.Delete(doc.types.waiting, i, i+1)
		doc.types.owed = append(doc.types.owed, c.span)
		c.give(hinted{sites: doc.knownSites()})
	}
}

// retype forgets what waits for the hints of a version that is no longer the newest, or of a document that is closed.
func (doc *document) retype(err error) {
	for _, c := range doc.types.waiting {
		c.give(hinted{err: err})
	}
	doc.types.waiting, doc.types.owed = nil, nil
}

// nextUntyped returns a document of which types are wanted that are not known, nil if there is none or none can be asked now.
func (s *server) nextUntyped() *document {
	var next *document
	for _, doc := range s.documents {
		if len(doc.types.waiting) > 0 {
			s.answerHints(doc)
		}
		wanted := slices.ContainsFunc(doc.types.waiting, func(c *hintsCall) bool { return doc.open(c.span) }) || slices.ContainsFunc(doc.types.owed, doc.open)
		if wanted && s.mayCheck() && doc.located && doc.reading == 0 && s.annotates(doc) && (next == nil || doc.check.due.Before(next.check.due)) {
			next = doc
		}
	}
	return next
}

// inferNext takes the next step in a document: it lists the sites of a new version, or asks about some of them.
func (s *server) inferNext(doc *document) {
	snap, earlier, m := doc.snapshot, doc.types, s.metered()
	var asked []int
	if earlier.of == snap {
		asked = doc.nextSites()
	}
	suggest := s.suggesting(snap)
	pass := &check{snapshot: snap}
	s.checking = pass
	pass.cancel = s.spawn(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, s.hung)
		defer cancel()
		began := time.Now()
		var sites []bareSite
		err := s.protect("types", func() error {
			if earlier.of != snap {
				sites = listSites(snap, earlier)
				return nil
			}
			found, err := suggest(ctx, m, func(site treesitter.Span) bool {
				return slices.ContainsFunc(asked, func(i int) bool { return earlier.sites[i].Span == site })
			})
			if errors.Is(err, context.DeadlineExceeded) {
				err = s.errHung()
			}
			if err != nil {
				return err
			}
			sites = slices.Clone(earlier.sites)
			for _, i := range asked {
				sites[i].known = true // one of which nothing comes back, too
			}
			for _, suggestion := range found {
				for _, i := range asked {
					if sites[i].At == suggestion.At && sites[i].Kind == suggestion.Kind {
						sites[i].Suggestion = suggestion
					}
				}
			}
			return nil
		})
		s.log.Debug("types", zap.Int32("version", snap.version), zap.Int("sites", len(asked)), zap.Error(err), zap.Duration("took", time.Since(began)), m.asked())
		s.post(func() { s.inferred(pass, sites, err) })
	})
}

// inferred takes the result of a step.
func (s *server) inferred(pass *check, sites []bareSite, err error) {
	s.checking = nil
	defer s.schedule()
	doc := s.documents[pass.snapshot.uri]
	if pass.stopped || doc == nil || doc.snapshot != pass.snapshot {
		return
	}
	if err != nil {
		s.complain(protocol317.StatusError, "suggesting types: ", err)
		doc.types.of, doc.types.sites, doc.types.failed = doc.snapshot, doc.knownSites(), true
		s.answerHints(doc)
		return
	}
	doc.types.of, doc.types.sites, doc.types.failed = doc.snapshot, sites, false
	s.answerHints(doc)
	if len(doc.types.owed) > 0 {
		doc.types.owed = nil
		s.refreshHints()
	}
}

// nextSites are those to ask about next, where somebody waits before where somebody was told something.
func (doc *document) nextSites() (list []int) {
	var spans []treesitter.Span
	for _, c := range doc.types.waiting {
		spans = append(spans, c.span)
	}
	for _, span := range append(spans, doc.types.owed...) {
		for i, b := range doc.types.sites {
			if len(list) == sitesAtOnce {
				return list
			}
			if !b.known && within(b.At, span) && !slices.Contains(list, i) {
				list = append(list, i)
			}
		}
	}
	return list
}

// suggesting returns what suggests types for the sites of a version that are wanted; nil wants all.
func (s *server) suggesting(snap *snapshot) func(ctx context.Context, m *meter, only func(treesitter.Span) bool) ([]typeinfer.Suggestion, error) {
	around, known := s.around(snap), s.index(snap)
	return func(ctx context.Context, m *meter, only func(treesitter.Span) bool) ([]typeinfer.Suggestion, error) {
		return typeinfer.Suggest(ctx, m, snap.file(), typeinfer.Options{Around: around(), Origins: typeinfer.FromIndex(known(), snap.language, pathOf(snap.uri)), Memory: s.typeMemory, Table: s.typeTable, Only: only})
	}
}

// listSites lists the bare sites of a version. What is known of them in an earlier one is carried over where the edits between the two cannot have changed it, or not by much: they are in
// another function, and the top of the file defines and imports what it did.
func listSites(snap *snapshot, earlier typing) []bareSite {
	if generated.By(snap.text, snap.language) {
		return nil
	}
	file := snap.file()
	var sites []bareSite
	for _, site := range typeinfer.Sites(file) {
		if site.Existing == "" {
			sites = append(sites, bareSite{Suggestion: typeinfer.Suggestion{Site: site}})
		}
	}
	if earlier.of == nil || !slices.Equal(topNames(earlier.of.file()), topNames(file)) {
		return sites
	}
	start, end := changedSpan(earlier.of.text, snap.text)
	type key struct {
		at           int
		kind, symbol string
	}
	known := map[key]typeinfer.Suggestion{}
	for _, b := range earlier.sites {
		if b.known {
			known[key{b.At, b.Kind, b.Symbol}] = b.Suggestion
		}
	}
	grown := len(snap.text) - len(earlier.of.text)
	for i := range sites {
		site := sites[i].Site
		at := site.At
		if at >= end {
			at -= grown
		} else if at > start {
			continue
		}
		whole := site.Function.Len() == len(snap.text)
		if !whole && site.Function.Start <= end && start <= site.Function.End || whole && near(snap.text, site.At, start, end) {
			continue
		}
		if before, ok := known[key{at, site.Kind, site.Symbol}]; ok {
			sites[i] = bareSite{Suggestion: before, known: true}
			sites[i].Site = site
		}
	}
	return sites
}

// near tells whether a change is on the line of an offset.
func near(text []byte, offset, start, end int) bool {
	from := bytes.LastIndexByte(text[:offset], '\n') + 1
	to := len(text)
	if n := bytes.IndexByte(text[offset:], '\n'); n >= 0 {
		to = offset + n
	}
	return from <= end && start <= to
}

// changedSpan is what of a text is another than before, in one piece.
func changedSpan(before, now []byte) (start, end int) {
	shorter := min(len(before), len(now))
	for start < shorter && before[start] == now[start] {
		start++
	}
	same := 0
	for same < shorter-start && before[len(before)-1-same] == now[len(now)-1-same] {
		same++
	}
	return start, len(now) - same
}

// topNames lists what a file defines and imports at its top.
func topNames(f *treesitter.File) []string {
	var list []string
	if len(f.Scopes) > 0 {
		for _, d := range f.Scopes[0].Definitions {
			if d.Kind != treesitter.DefinitionVariable {
				list = append(list, d.Name)
			}
		}
	}
	return list
}
