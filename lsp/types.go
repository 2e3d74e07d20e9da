package lsp

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/internal/generated"
	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// Types are suggested a few sites at a time, in the background and only where an editor wants hints. Forests rank them; the model is not asked, unless typesAsk says so. Each such step
// takes its turn after the diagnostics, while nothing is typed or completed (diagnostics.go). What a step finds is kept with the version that it was found in. The sites of a new version are
// listed, and what an edit cannot have changed is carried over to them, as soon as somebody asks, so that what is shown does not come and go: only the sites of the function that was edited
// are asked again, and those whose types have to do with a name that the file has begun or ceased to define or import at its top.

// sitesAtOnce are asked in one step. A step that is stopped is lost, and a long one makes who types wait for the processor.
const sitesAtOnce = 4

// typing is what is known of the bare sites of a document.
type typing struct {
	of      *snapshot // the version that the sites are of; nil: none yet
	sites   []bareSite
	failed  bool // the model failed in that version
	turn    int  // how often all of them were to be asked again
	listing *snapshot
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
	switch i := slices.Index(doc.types.waiting, c); {
	case i < 0: // answered
	case doc.types.of != doc.snapshot: // what was known is not carried over yet
		s.whenLate(name, c)
	default:
		doc.types.waiting = slices.Delete(doc.types.waiting, i, i+1)
		doc.types.owed = append(doc.types.owed, c.span)
		c.give(hinted{sites: doc.knownSites()})
	}
}

func (s *server) whenLate(name protocol.DocumentURI, c *hintsCall) {
	c.late = time.AfterFunc(s.hinting, func() { s.post(func() { s.late(name, c) }) })
}

// list lists the sites of a new version of a document.
func (s *server) list(doc *document) {
	snap, earlier := doc.snapshot, doc.types
	if earlier.of == snap || earlier.listing == snap {
		return
	}
	doc.types.listing = snap
	s.spawn(func(context.Context) {
		var sites []bareSite
		err := s.protect("types", func() error { sites = listSites(snap, earlier); return nil })
		s.post(func() {
			if doc.snapshot == snap && s.documents[snap.uri] == doc {
				if doc.types.turn != earlier.turn {
					sites = unknown(sites)
				}
				doc.types.of, doc.types.sites, doc.types.failed = snap, sites, err != nil
				s.answerHints(doc)
				s.schedule()
			}
		})
	})
}

// rehinting is how long an editor is left alone between what it is told of the hints that other files have changed: a turn of the index follows every change.
const rehinting = 2 * time.Second

// retypeAll has the sites of a folder's documents asked again: what its other files define and annotate has changed. What was known is shown until then.
func (s *server) retypeAll(f *folder) {
	some := false
	for _, doc := range s.documents {
		if doc.types.of == nil || s.folderOf(pathOf(doc.uri)) != f {
			continue
		}
		if s.checking != nil && s.checking.snapshot == doc.snapshot {
			s.stopCheck() // it may be asking about types by what was
		}
		doc.types.sites = unknown(doc.types.sites)
		doc.types.turn++
		some = true
	}
	if !some || s.rehints != nil {
		return
	}
	s.rehints = time.AfterFunc(time.Until(s.rehinted.Add(s.rehinting)), func() {
		s.post(func() {
			s.rehints, s.rehinted = nil, time.Now()
			s.refreshHints()
		})
	})
}

// unknown are sites with what is known of them, all of which are to be asked about.
func unknown(sites []bareSite) []bareSite {
	sites = slices.Clone(sites)
	for i := range sites {
		sites[i].known = false
	}
	return sites
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
		if wanted && doc.types.of == doc.snapshot && s.mayCheck() && doc.located && doc.reading == 0 && s.annotates(doc) && (next == nil || doc.check.due.Before(next.check.due)) {
			next = doc
		}
	}
	return next
}

// inferNext asks about some sites of a document, whose sites are listed.
func (s *server) inferNext(doc *document) {
	snap, before, asked, m := doc.snapshot, doc.types.sites, doc.nextSites(), s.metered()
	suggest := s.suggesting(snap)
	pass := &check{snapshot: snap}
	s.checking = pass
	pass.cancel = s.spawn(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, s.hung)
		defer cancel()
		began := time.Now()
		sites := slices.Clone(before)
		err := s.protect("types", func() error {
			found, err := suggest(ctx, m, func(site treesitter.Span) bool {
				return slices.ContainsFunc(asked, func(i int) bool { return before[i].Span == site })
			})
			if errors.Is(err, context.DeadlineExceeded) {
				err = s.errHung()
			}
			for _, i := range asked {
				sites[i].known = true // one of which nothing comes back, too
				for _, suggestion := range found {
					if sites[i].At == suggestion.At && sites[i].Kind == suggestion.Kind {
						sites[i].Suggestion = suggestion
					}
				}
			}
			return err
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
	options := s.typeOptions(snap)
	return func(ctx context.Context, m *meter, only func(treesitter.Span) bool) ([]typeinfer.Suggestion, error) {
		opts := options()
		opts.Ask, opts.Memory, opts.Table, opts.Only = s.typesAsk, s.typeMemory, s.typeTable, only
		return typeinfer.Suggest(ctx, m, snap.file(), opts)
	}
}

// typeOptions returns what says what a document's project and index know of types.
func (s *server) typeOptions(snap *snapshot) func() typeinfer.Options {
	around, known := s.around(snap), s.index(snap)
	return func() typeinfer.Options {
		opts := typeinfer.Options{Around: around(), Origins: typeinfer.FromIndex(known(), snap.language, pathOf(snap.uri))}
		if path := pathOf(snap.uri); snap.language == "python" && path != "" {
			opts.Oldest = settings.OldestPython(path)
		}
		return opts
	}
}

// listSites lists the bare sites of a version, never as nil: a file without any is not to be listed again. What is known of them in an earlier one is carried over where the edits between the two cannot have changed it, or not by much.
func listSites(snap *snapshot, earlier typing) []bareSite {
	sites := []bareSite{}
	if generated.By(snap.text, snap.language) {
		return sites
	}
	file := snap.file()
	for _, site := range typeinfer.Sites(file) {
		if site.Existing == "" {
			sites = append(sites, bareSite{Suggestion: typeinfer.Suggestion{Site: site}})
		}
	}
	if earlier.of == nil {
		return sites
	}
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
	start, end := changedSpan(earlier.of.text, snap.text)
	changed := changedNames(topNames(earlier.of.file()), topNames(file))
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
		if before, ok := known[key{at, site.Kind, site.Symbol}]; ok && !concerned(&before, changed) {
			sites[i] = bareSite{Suggestion: before, known: true}
			sites[i].Site = site
		}
	}
	return sites
}

// concerned tells whether the types of a site have to do with one of some names: they hold it, or the site is called so.
func concerned(suggestion *typeinfer.Suggestion, changed map[string]bool) bool {
	if len(changed) == 0 {
		return false
	}
	for name := range changed {
		if strings.EqualFold(strings.ReplaceAll(suggestion.Symbol, "_", ""), name) {
			return true
		}
	}
	return slices.ContainsFunc(suggestion.Candidates, func(c typeinfer.Candidate) bool {
		words := strings.FieldsFunc(c.Type, func(r rune) bool { return r < 0x80 && !names.IsNameByte(byte(r)) })
		return slices.ContainsFunc(words, func(word string) bool { return changed[word] })
	})
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

// topNames is what a file defines and imports at its top.
func topNames(f *treesitter.File) map[string]bool {
	list := map[string]bool{}
	if len(f.Scopes) > 0 {
		for _, d := range f.Scopes[0].Definitions {
			if d.Kind != treesitter.DefinitionVariable {
				list[d.Name] = true
			}
		}
	}
	return list
}

// changedNames are those of one set only.
func changedNames(before, now map[string]bool) map[string]bool {
	changed := map[string]bool{}
	for name := range before {
		changed[name] = !now[name]
	}
	for name := range now {
		changed[name] = !before[name]
	}
	maps.DeleteFunc(changed, func(_ string, only bool) bool { return !only })
	return changed
}
