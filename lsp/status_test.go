package lsp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/treesitter"
)

// wantStatus takes the next status.
func wantStatus(t *testing.T, e *fakeeditor.Editor, kind protocol317.StatusKind, message string) {
	t.Helper()
	if got := e.Status(); got.Kind != kind || !strings.Contains(got.Message, message) {
		t.Errorf("status %+v, want %s: %s", got, kind, message)
	}
}

// The fake editor fails a test for a status that is left over, and one that is told to an editor that shows none.
func TestStatus(t *testing.T) {
	s := newServer(quick(&scripted{predict: prefer()}))
	s.suspect = func(ctx context.Context, m Model, f *treesitter.File, o suspect.Options) ([]suspect.Finding, error) {
		if strings.Contains(string(f.Text), "broken") {
			return nil, errors.New("out of memory")
		}
		return wrongIsRight()(ctx, m, f, o)
	}
	e := fakeeditor.Start(t, s.serve, fakeeditor.Config{Status: true})
	wantStatus(t, e, protocol317.StatusLoading, "")
	wantStatus(t, e, protocol317.StatusReady, "")
	e.Open(file, "python", python+"wrong\n")
	if got := e.Diagnostics(file); len(got) != 1 {
		t.Errorf("diagnostics %+v", got)
	}
	e.Edit(file, fakeeditor.Edit{Text: "broken\n"})
	wantStatus(t, e, protocol317.StatusError, "checking: out of memory")
	e.Message()
	e.Cleared(file) // what was shown was found in another text
	e.Edit(file, fakeeditor.Edit{Start: 0, End: len("broken\n")})
	wantStatus(t, e, protocol317.StatusReady, "")

	// Paused, it says nothing by itself, and still answers what it is asked by name.
	if err := e.Execute(commandPause, nil); err != nil {
		t.Error(err)
	}
	wantStatus(t, e, protocol317.StatusPaused, "nothing is offered")
	e.Cleared(file)
	offset := strings.Index(python, "width *")
	if items, incomplete := e.Complete(file, offset); len(items) > 0 || incomplete {
		t.Errorf("completions of a server that is paused: %v, %v", items, incomplete)
	}
	if e.Hover(file, offset) == nil {
		t.Error("no hover")
	}
	e.Edit(file, fakeeditor.Edit{Text: "wrong\n"})
	if err := e.Execute(commandResume, nil); err != nil {
		t.Error(err)
	}
	wantStatus(t, e, protocol317.StatusReady, "")
	if got := e.Diagnostics(file); len(got) != 2 {
		t.Errorf("diagnostics %+v", got)
	}
	e.Close()
}

func TestStatusWithoutModel(t *testing.T) {
	opts := quick(nil)
	opts.Open = func(context.Context, func(string)) (Model, error) { return nil, errors.New("no library: install one") }
	e := start(t, opts, fakeeditor.Config{Status: true})
	wantStatus(t, e, protocol317.StatusLoading, "")
	wantStatus(t, e, protocol317.StatusNoModel, "no library: install one")
	e.Message()
	for range 2 { // the reason is told again after a pause
		if err := e.Execute(commandPause, nil); err != nil {
			t.Error(err)
		}
		wantStatus(t, e, protocol317.StatusPaused, "")
		if err := e.Execute(commandResume, nil); err != nil {
			t.Error(err)
		}
		wantStatus(t, e, protocol317.StatusNoModel, "no library: install one")
	}
	e.Close()
}

// What an editor puts a button to is what mends the failure.
func TestRemedies(t *testing.T) {
	if got := remedy(errCancelled); got != protocol317.RemedyRestart {
		t.Errorf("a load that was cancelled: %s", got)
	}
	if got := remedy(fmt.Errorf("checking: %w", newServer(quick(nil)).errHung())); got != protocol317.RemedyRestart {
		t.Errorf("a model that hangs: %s", got)
	}
	for _, c := range []struct {
		err  error
		want protocol317.Remedy
	}{
		{&Mendable{errors.New("no library"), Install}, protocol317.RemedyInstall},
		{fmt.Errorf("opening: %w", &Mendable{errors.New("no bundle"), Settings}), protocol317.RemedySettings},
		{errors.New("out of memory"), protocol317.RemedyLog},
	} {
		opts := quick(nil)
		opts.Open = func(context.Context, func(string)) (Model, error) { return nil, c.err }
		e := start(t, opts, fakeeditor.Config{Status: true})
		wantStatus(t, e, protocol317.StatusLoading, "")
		for range 2 {
			if got := e.Status(); got.Kind != protocol317.StatusNoModel || got.Action != c.want {
				t.Errorf("status %+v, want the action %s", got, c.want)
			}
			if err := e.Execute(commandPause, nil); err != nil {
				t.Error(err)
			}
			if got := e.Status(); got.Action != protocol317.RemedyResume {
				t.Errorf("status %+v", got)
			}
			if err := e.Execute(commandResume, nil); err != nil {
				t.Error(err)
			}
		}
		e.Status()
		e.Message()
		e.Close()
	}
}
