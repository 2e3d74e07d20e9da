package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/inline"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/protocol318"
	"mlm-lsp/model"
)

// sure goes on with a text as if there were no doubt.
func sure(text string) *scripted {
	return &scripted{predict: func(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
		predictions, err := prefer("width")(ctx, qs)
		for i, q := range qs {
			if q.Pieces > 0 && strings.HasPrefix(text, q.Prefix) {
				predictions[i] = model.Prediction{Candidates: []model.Candidate{{Text: text, LogProb: -0.003, Vocabulary: -0.001, Pointer: math.Inf(-1)}}}
			}
		}
		return predictions, err
	}}
}

// startInline starts a server whose table believes what the model is sure of, so that tests do not change with a fit, and waits for its model.
func startInline(t *testing.T, opts Options, config fakeeditor.Config) *fakeeditor.Editor {
	t.Helper()
	inputs, err := json.Marshal(inline.Inputs)
	if err != nil {
		t.Fatal(err)
	}
	table, err := inline.Parse(fmt.Appendf(nil, `{"version": 1, "forest": {"inputs": %s, "trees": [[[1, 1, 2, -0.5], [-3], [3]]]}, "least": 0.7}`, inputs))
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(opts)
	s.inlineTable = table
	begun := make(chan struct{})
	open := s.opts.Open
	s.opts.Open = func(ctx context.Context, report func(string)) (Model, error) { <-begun; return open(ctx, report) }
	config.Inline, config.Progress = true, true
	e := fakeeditor.Start(t, s.serve, config)
	e.ProgressBegun(fakeeditor.Loading)
	close(begun)
	e.Progress(fakeeditor.Loading)
	return e
}

const unfinished = "def area(width, height):\n    s = '𝄞'; return \n\n\ndef volume(width, height, depth):\n    return width * height * depth\n"

// What is shown replaces what is typed of the first name, in both encodings; a text that the model is sure of is shown, and none where it is not.
func TestInlineCompletion(t *testing.T) {
	for _, encoding := range encodings {
		t.Run(string(encoding), func(t *testing.T) {
			e := startInline(t, quick(sure("width * height")), fakeeditor.Config{Encodings: []protocol317.PositionEncodingKind{encoding}, InitializationOptions: quietly()})
			e.Open(file, "python", unfinished)
			at := strings.Index(unfinished, "return \n") + len("return ")
			items := e.Inline(file, at, nil)
			if want := (fakeeditor.Edit{Start: at, End: at, Text: "width * height"}); len(items) != 1 || items[0].Edit != want {
				t.Fatalf("shown %+v, want %+v", items, want)
			}
			e.Edit(file, fakeeditor.Edit{Start: at, End: at, Text: "wi"})
			items = e.Inline(file, at+2, nil)
			if want := (fakeeditor.Edit{Start: at, End: at + 2, Text: "width * height"}); len(items) != 1 || items[0].Edit != want {
				t.Errorf("with letters typed: %+v, want %+v", items, want)
			}
			// The menu shows width as if it were there.
			items = e.Inline(file, at+2, &fakeeditor.Edit{Start: at, End: at + 2, Text: "width"})
			if want := (fakeeditor.Edit{Start: at, End: at + 2, Text: "width * height"}); len(items) != 1 || items[0].Edit != want {
				t.Errorf("with an item selected: %+v, want %+v", items, want)
			}
			if items := e.Inline(file, strings.Index(unfinished, "width, height, d"), nil); len(items) != 0 {
				t.Errorf("where code goes on: %+v", items)
			}
			if items := e.Inline(file, strings.Index(unfinished, "'𝄞'")+1, nil); len(items) != 0 {
				t.Errorf("in a string: %+v", items)
			}
			e.Close()
		})
	}
}

// A model that is not sure shows nothing, and neither does a server that has none, is paused or turned off.
func TestNoInlineCompletion(t *testing.T) {
	at := strings.Index(unfinished, "return \n") + len("return ")
	unsure := sure("width * height")
	unsure.predict = func(_ context.Context, qs []model.Query) ([]model.Prediction, error) {
		predictions := make([]model.Prediction, len(qs))
		for i, q := range qs {
			if q.Pieces > 0 {
				predictions[i].Candidates = []model.Candidate{{Text: "width * height", LogProb: -4.2, Vocabulary: -1.4, Pointer: math.Inf(-1)}}
			}
		}
		return predictions, nil
	}
	for name, c := range map[string]struct {
		m       Model
		options map[string]any
		pause   bool
	}{
		"not sure":      {unsure, nil, false},
		"paused":        {sure("width * height"), nil, true},
		"another model": {&scripted{}, nil, false},
		"turned off":    {sure("width * height"), map[string]any{"completion": map[string]any{"enable": false}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := startInline(t, quick(c.m), fakeeditor.Config{InitializationOptions: c.options})
			e.Open(file, "python", unfinished)
			if c.pause {
				if err := e.Execute(commandPause, nil); err != nil {
					t.Error(err)
				}
			}
			if items := e.Inline(file, at, nil); len(items) != 0 {
				t.Errorf("shown: %+v", items)
			}
			e.Close()
		})
	}
}

// What the editor asks by itself waits for a pause. The next request ends the wait before the model is asked, and so does a cancellation.
func TestInlineCompletionWaits(t *testing.T) {
	opts := quick(sure("width * height"))
	opts.InlineDelay = time.Hour
	e := startInline(t, opts, fakeeditor.Config{InitializationOptions: map[string]any{"completion": map[string]any{"inline": true}, "diagnostics": map[string]any{"enable": false}}})
	e.Open(file, "python", unfinished)
	at := strings.Index(unfinished, "return \n") + len("return ")
	params := e.InlineParams(file, at)
	params.Context.TriggerKind = protocol318.InlineCompletionAutomatic
	first := e.Go(protocol318.MethodInlineCompletion, params)
	second := e.Go(protocol318.MethodInlineCompletion, params)
	wantCode(t, e.Wait(first, nil), -32800, "a request that a newer one outran")
	if items, _ := e.Complete(file, at); len(items) == 0 { // which is another kind of request, and has its own answer
		t.Error("no completions")
	}
	if items := e.Inline(file, at, nil); len(items) != 1 {
		t.Errorf("asked by a key: %+v", items)
	}
	wantCode(t, e.Wait(second, nil), -32800, "a request that a newer one outran")
	third := e.Go(protocol318.MethodInlineCompletion, params)
	e.Cancel(third)
	wantCode(t, e.Wait(third, nil), -32800, "a request that was cancelled")
	e.Close()
}

// Who did not turn it on is shown nothing unasked, and all of it on a key.
func TestInlineCompletionUnasked(t *testing.T) {
	e := startInline(t, quick(sure("width * height")), fakeeditor.Config{InitializationOptions: quietly()})
	e.Open(file, "python", unfinished)
	at := strings.Index(unfinished, "return \n") + len("return ")
	params := e.InlineParams(file, at)
	params.Context.TriggerKind = protocol318.InlineCompletionAutomatic
	var list protocol318.InlineCompletionList
	if err := e.Wait(e.Go(protocol318.MethodInlineCompletion, params), &list); err != nil || len(list.Items) != 0 {
		t.Errorf("unasked: %+v, %v", list.Items, err)
	}
	if items := e.Inline(file, at, nil); len(items) != 1 {
		t.Errorf("asked by a key: %+v", items)
	}
	e.Close()
}

// The capability is announced to editors that have it.
func TestInlineCompletionIsAnnounced(t *testing.T) {
	for _, has := range []bool{true, false} {
		e := fakeeditor.Connect(t, newServer(quick(&scripted{})).serve, fakeeditor.Config{Inline: has})
		if got := e.Initialize().Capabilities.InlineCompletionProvider; got != has {
			t.Errorf("announced: %v, the editor has it: %v", got, has)
		}
		e.Close()
	}
}

// A newer completion ends an older one, which nobody waits for any more.
func TestNewerCompletionEndsOlder(t *testing.T) {
	asked, release := make(chan struct{}, 10), make(chan struct{})
	m := &scripted{predict: func(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
		asked <- struct{}{}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-release:
			return prefer("width")(ctx, qs)
		}
	}}
	e := startWithModel(t, quick(m), fakeeditor.Config{InitializationOptions: quietly()})
	e.Open(file, "python", python)
	params := e.CompletionParams(file, strings.Index(python, "width *")+1)
	first := e.Go(protocol.MethodTextDocumentCompletion, params)
	<-asked
	second := e.Go(protocol.MethodTextDocumentCompletion, params)
	wantCode(t, e.Wait(first, nil), -32800, "a completion that a newer one outran")
	close(release)
	var list protocol317.CompletionList
	if err := e.Wait(second, &list); err != nil || len(list.Items) == 0 {
		t.Errorf("the newer one: %+v, %v", list, err)
	}
	e.Close()
}
