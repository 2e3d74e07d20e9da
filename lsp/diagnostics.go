package lsp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/mistyped"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/typeinfer"
)

// Diagnostics are made in passes, one document at a time and one pass at a time, while nothing else happens. Every edit and every
// completion stops the pass that runs and puts the next one off, so that a pass and a completion seldom share the processors. What a
// stopped pass had asked the model is in the model's cache when it comes again.
//
//	edit v2      edit v3       completion                    quiet
//	  |------------|-------------|----------------------------|----- pass over v3 ---> publish v3
//	     delay        delay                 delay
//
// A pass is bound to a snapshot. When it ends, its findings are published if that snapshot is still the document's, and dropped if
// not; every other way round, a client would be shown places in a text that it no longer has.

// diagnosis is what is known of one document's diagnostics.
type diagnosis struct {
	stale   bool      // the newest version has not been checked
	due     time.Time // when it may be, at the earliest
	shown   bool      // the editor shows something
	silence string    // why nothing is reported, as it was told to the log
	// For an editor that asks for diagnostics (document_diagnostic.go): what was found in the newest version, unless it is stale, and who waits for that.
	found   []protocol.Diagnostic
	waiting []chan pulled
}

// hung is how long a pass may take. A large file takes seconds.
const hung = 2 * time.Minute

// errHung is what is said of a pass that takes longer: most likely its model does not answer.
func (s *server) errHung() error {
	return &Mendable{fmt.Errorf("it has not ended after %v: restart the server if that goes on", s.hung), protocol317.RemedyRestart}
}

// check is a pass that runs, over a document or, with no snapshot, over what waited for nothing to happen.
type check struct {
	snapshot *snapshot
	cancel   context.CancelFunc
	stopped  bool // its result does not count
}

// replacement travels with a diagnostic to the editor and back, so that a code action needs no memory of what was published.
type replacement struct {
	Found string   `json:"found"` // what stood there
	Texts []string `json:"texts"` // what may stand there, best first
	// Imports are what each text needs imported, if any of a finding's texts may need something.
	Imports [][]suspect.Import `json:"imports,omitempty"`
}

// touched notes that doc has a new version.
func (s *server) touched(doc *document, delay time.Duration) {
	doc.check.stale = true
	doc.check.due = time.Now().Add(delay)
	doc.answerPulls(pulled{err: errOutdated})
	doc.retype(errModified)
	doc.replaced()
	s.active = time.Now()
	s.stopCheck()
	s.schedule()
}

// hurry takes back the delay after the last edit.
func (s *server) hurry(doc *document) {
	doc.check.due = time.Now()
	s.quiet = time.Now()
	s.schedule()
}

// standAside stops the running pass and puts off the next; for a completion.
func (s *server) standAside() {
	s.active = time.Now()
	s.quiet = s.active.Add(s.opts.DiagnosticsDelay)
	s.stopCheck()
	s.schedule()
}

// recheck has every document checked again; for a new model, and for a pause.
func (s *server) recheck() {
	for _, doc := range s.documents {
		s.outdate(doc)
	}
	s.disturb()
	s.refreshDiagnostics()
	s.refreshHints()
	s.schedule()
}

// outdate has a document checked again, or cleared if diagnostics are turned off; for what changes without an edit.
func (s *server) outdate(doc *document) {
	if s.checking != nil && s.checking.snapshot == doc.snapshot {
		s.stopCheck()
	}
	doc.check.stale = true
	if !doc.settings.DiagnosticsEnable || s.paused {
		s.clear(doc)
	}
}

// clear takes away what the editor shows for a document.
func (s *server) clear(doc *document) {
	if s.checking != nil && s.checking.snapshot == doc.snapshot {
		s.stopCheck()
	}
	doc.check.found = []protocol.Diagnostic{}
	doc.answerPulls(pulled{found: doc.check.found})
	if doc.check.shown {
		doc.check.shown = false
		s.notify(protocol.MethodTextDocumentPublishDiagnostics, protocol317.PublishDiagnosticsParams{
			URI: doc.uri, Diagnostics: []protocol.Diagnostic{}})
	}
}

// stopCheck tells the running pass to end. Its document stays stale.
func (s *server) stopCheck() {
	if s.checking != nil {
		s.checking.stopped = true
		s.checking.cancel()
	}
}

// schedule sets the timer for the stale document that is due first, or else for one that hints are wanted of, or else for what waits for nothing to happen.
func (s *server) schedule() {
	s.timer.Stop()
	doc := s.nextStale()
	if untyped := s.nextUntyped(); doc == nil {
		doc = untyped
	}
	switch {
	case doc != nil && s.quiet.After(doc.check.due):
		s.timer.Reset(time.Until(s.quiet))
	case doc != nil:
		s.timer.Reset(time.Until(doc.check.due))
	case len(s.idlers) > 0 && s.mayCheck():
		s.timer.Reset(time.Until(s.idleFrom()))
	}
}

// mayCheck reports whether a pass can run at all, and none does.
func (s *server) mayCheck() bool {
	return s.model != nil && !s.paused && s.checking == nil && s.phase == running
}

// nextStale returns the document to check next, nil if there is none or none can be checked now. An editor that asks for diagnostics has those documents checked that it waits for.
func (s *server) nextStale() *document {
	if !s.mayCheck() {
		return nil
	}
	var next *document
	for _, doc := range s.documents {
		wanted := doc.check.stale && doc.located && doc.reading == 0 && doc.settings.DiagnosticsEnable
		if wanted && (!s.pulls() || len(doc.check.waiting) > 0) && (next == nil || doc.check.due.Before(next.check.due)) {
			next = doc
		}
	}
	return next
}

// checkNext starts the pass that is due.
func (s *server) checkNext() {
	doc := s.nextStale()
	infer := doc == nil
	if infer {
		doc = s.nextUntyped()
	}
	if doc == nil {
		if len(s.idlers) > 0 && s.mayCheck() {
			s.beginIdler()
		}
		return
	}
	if now := time.Now(); doc.check.due.After(now) || s.quiet.After(now) {
		s.schedule()
		return
	}
	if infer {
		s.inferNext(doc)
		return
	}
	if reason := s.silence(doc); reason != "" {
		doc.check.stale = false
		s.clear(doc)
		if reason != doc.check.silence {
			s.log.Info("not checking a document", zap.String("document", string(doc.uri)), zap.String("why", reason))
		}
		doc.check.silence = reason
		s.schedule()
		return
	}
	doc.check.silence = ""
	snap, wanted, known, m, update, options := doc.snapshot, doc.settings, doc.known, s.metered(), s.updated(doc.snapshot), s.examining(doc)
	typed := s.typeOptions(snap)
	pass := &check{snapshot: snap}
	s.checking = pass
	pass.cancel = s.spawn(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, s.hung)
		defer cancel()
		began := time.Now()
		var found []protocol.Diagnostic
		err := s.protect("diagnostics", func() error {
			update(snap.file())
			var err error
			if found, err = s.examine(ctx, m, snap, wanted, known, options(), typed); errors.Is(err, context.DeadlineExceeded) {
				err = s.errHung()
			}
			return err
		})
		s.log.Debug("diagnostics", zap.Int32("version", snap.version), zap.Int("findings", len(found)), zap.Error(err),
			zap.Duration("took", time.Since(began)), m.asked())
		s.post(func() { s.checked(pass, found, err) })
	})
}

// examine lists what is to be reported in a text, annotations that look wrong among it where that is wanted; typed says what is known of types.
func (s *server) examine(ctx context.Context, m *meter, snap *snapshot, wanted settings.Settings, known known, opts suspect.Options, typed func() typeinfer.Options) (found []protocol.Diagnostic, err error) {
	if wanted.DiagnosticsTypes {
		if opts.Also, err = mistyped.Find(ctx, m, snap.file(), typed()); err != nil {
			return nil, err
		}
	}
	findings, err := s.suspect(ctx, m, snap.file(), opts)
	return toDiagnostics(snap, findings, wanted, known), err
}

// checked takes the result of a pass.
func (s *server) checked(pass *check, found []protocol.Diagnostic, err error) {
	s.checking = nil
	defer s.schedule()
	doc := s.documents[pass.snapshot.uri]
	if pass.stopped || doc == nil || doc.snapshot != pass.snapshot {
		return // stale still, or gone
	}
	doc.check.stale = false
	if err != nil {
		s.complain(protocol317.StatusError, "checking: ", err)
		doc.answerPulls(pulled{err: err})
		s.clear(doc) // what is shown was found in another text
		return
	}
	s.works()
	if s.pulls() {
		doc.check.found = found
		doc.answerPulls(pulled{found: found})
		return
	}
	doc.check.shown = len(found) > 0
	s.notify(protocol.MethodTextDocumentPublishDiagnostics, protocol317.PublishDiagnosticsParams{
		URI: doc.uri, Version: &doc.version, Diagnostics: found})
}

// muchLess is how far, in log-probability, an alternative may stay behind the best one to be offered as a fix as well: a tenth as likely.
const muchLess = 2.3

// severities are the values of diagnostics.severity.
var severities = map[string]protocol.DiagnosticSeverity{
	"hint":        protocol.DiagnosticSeverityHint,
	"information": protocol.DiagnosticSeverityInformation,
	"warning":     protocol.DiagnosticSeverityWarning,
}

// toDiagnostics never returns nil, which would be sent as null.
func toDiagnostics(snap *snapshot, findings []suspect.Finding, wanted settings.Settings, known known) []protocol.Diagnostic {
	diagnostics := []protocol.Diagnostic{}
	findings = slices.DeleteFunc(findings, func(f suspect.Finding) bool { return !f.Reported || !wanted.Reports(f.Code) })
	for _, finding := range known.unknown(snap, findings) {
		data := replacement{Found: string(snap.text[finding.Span.Start:finding.Span.End]), Texts: []string{}}
		for i, candidate := range finding.Suggestions {
			if candidate.LogProb >= finding.Suggestions[0].LogProb-muchLess {
				data.Texts = append(data.Texts, candidate.Text)
				if finding.Imports != nil {
					data.Imports = append(data.Imports, finding.Imports[i])
				}
			}
		}
		diagnostics = append(diagnostics, protocol.Diagnostic{
			Range:    snap.mapper.spanRange(finding.Span),
			Severity: severities[wanted.DiagnosticsSeverity],
			Code:     finding.Code,
			Source:   settings.Section,
			Message:  finding.Message,
			Data:     data,
		})
	}
	return diagnostics
}
