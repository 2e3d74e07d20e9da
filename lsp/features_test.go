package lsp

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model"
	"mlm-lsp/model/ort"
	"mlm-lsp/treesitter"
)

// Positions, kinds, order and ranges of completions; which names are offered is the business of lsp/complete's tests.
func TestCompletion(t *testing.T) {
	for _, encoding := range encodings {
		t.Run(string(encoding), func(t *testing.T) {
			e := startWithModel(t, quick(&scripted{predict: prefer("witness", "width")}), fakeeditor.Config{
				Encodings: []protocol317.PositionEncodingKind{encoding}})
			const text = "def area(width, witness, height):\n    return '𝄞ß', wi * height\n"
			e.Open(file, "python", text)
			at := strings.Index(text, "wi *")
			items, incomplete := e.Complete(file, at+2)
			if len(items) < 2 || items[0].Label != "witness" || items[1].Label != "width" || incomplete {
				t.Fatalf("completions %+v, incomplete %v", items, incomplete)
			}
			if got, want := items[0].Edit, (fakeeditor.Edit{Start: at, End: at + 2, Text: "witness"}); got != want || items[0].FilterText != "witness" {
				t.Errorf("the first replaces %+v, filtered by %q, want %+v", got, items[0].FilterText, want)
			}
			if details := items[0].Item.LabelDetails; details == nil || details.Description != "mlm-lsp: in scope" {
				t.Errorf("label details %+v, want the source", details)
			}
			e.Accept(file, items[0])
			if got := e.Text(file); !strings.Contains(got, "'𝄞ß', witness * height") {
				t.Errorf("accepted: %q", got)
			}
			e.Close()
		})
	}
}

// A request sees the snapshot of its place in the stream, whatever is edited while it waits.
func TestRequestSeesTheSnapshotOfItsPlace(t *testing.T) {
	edited, seen := make(chan struct{}), make(chan string, 10)
	m := &scripted{predict: func(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
		<-edited
		seen <- qs[0].Before
		return prefer()(ctx, qs)
	}}
	e := startWithModel(t, quick(m), fakeeditor.Config{InitializationOptions: map[string]any{"diagnostics": map[string]any{"enable": false}}})
	e.Open(file, "python", python)
	e.Edit(file, fakeeditor.Edit{Text: "first = 1\n"})
	p := e.Go(protocol.MethodTextDocumentCompletion, e.CompletionParams(file, strings.Index(e.Text(file), "width *")+1))
	e.Edit(file, fakeeditor.Edit{Text: "second = 2\n"})
	_ = e.Call("test/barrier", nil, nil) // the server has taken the edit
	close(edited)
	var list protocol317.CompletionList
	if err := e.Wait(p, &list); err != nil || len(list.Items) == 0 || list.Items[0].TextEdit.Range.Start.Line != 2 {
		t.Errorf("completions %+v, %v", list, err)
	}
	if got := <-seen; !strings.Contains(got, "first") || strings.Contains(got, "second") {
		t.Errorf("the model was shown %q", got)
	}
	e.Close()
}

func TestCompletionWhereNoneCanBe(t *testing.T) {
	e := startWithModel(t, quick(&scripted{predict: prefer()}), fakeeditor.Config{})
	e.Open("file:///project/notes.txt", "plaintext", "some notes")
	if items, incomplete := e.Complete("file:///project/notes.txt", 4); len(items) != 0 || incomplete {
		t.Errorf("completions in a text of no language: %v, %v", items, incomplete)
	}
	var params protocol.CompletionParams
	params.TextDocument.URI = "file:///not/open.py"
	var list protocol317.CompletionList
	if err := e.Call(protocol.MethodTextDocumentCompletion, params, &list); err != nil || len(list.Items) != 0 {
		t.Errorf("completions in a document that is not open: %v, %v", list, err)
	}
	e.Close()
}

// At the end of the budget the candidates go out as the file alone ranks them, marked as not final.
func TestCompletionAtTheEndOfTheBudget(t *testing.T) {
	var log syncBuffer
	opts := quick(&scripted{predict: func(ctx context.Context, _ []model.Query) ([]model.Prediction, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	opts.CompletionBudget = 20 * time.Millisecond
	opts.Log = logTo(&log, zap.DebugLevel)
	e := startWithModel(t, opts, fakeeditor.Config{InitializationOptions: map[string]any{"diagnostics": map[string]any{"enable": false}}})
	e.Open(file, "python", python)
	items, incomplete := e.Complete(file, strings.Index(python, "width *")+1)
	if len(items) == 0 || items[0].Label != "width" || !incomplete {
		t.Errorf("completions %+v, incomplete %v", items, incomplete)
	}
	e.Close()
	if got := log.String(); !strings.Contains(got, `"late":true`) || !strings.Contains(got, `"model":`) || strings.Contains(got, "return width") {
		t.Errorf("log %s", got)
	}
}

// What the model alone knows is waited for beyond the budget, and what it knows nothing of is not waited for without end.
func TestCompletionThatWouldBeEmpty(t *testing.T) {
	const text = "x.he\n"
	complete := func(budget, answers time.Duration) ([]fakeeditor.Completion, bool) {
		var sent time.Time
		opts := quick(&scripted{predict: func(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
			select {
			case <-time.After(time.Until(sent.Add(answers))):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			predictions := make([]model.Prediction, len(qs))
			predictions[0].Candidates = []model.Candidate{{Text: "height", LogProb: -0.1, Pointer: math.Inf(-1)}}
			return predictions, nil
		}})
		opts.CompletionBudget = budget
		e := startWithModel(t, opts, fakeeditor.Config{InitializationOptions: quietly()})
		e.Open(file, "python", text)
		sent = time.Now()
		items, incomplete := e.Complete(file, len(text)-1)
		e.Close()
		return items, incomplete
	}
	if items, incomplete := complete(200*time.Millisecond, 250*time.Millisecond); len(items) != 1 || items[0].Label != "height" || incomplete {
		t.Errorf("completions %+v, incomplete %v", items, incomplete)
	}
	if items, incomplete := complete(20*time.Millisecond, time.Hour); len(items) != 0 || !incomplete {
		t.Errorf("completions %+v of a model that does not answer, incomplete %v", items, incomplete)
	}
}

// A file whose parse takes longer than the budget costs an answer its ranking, not its time: names near the cursor go out as they stand, and the next request has the file.
func TestCompletionBeforeTheFileIsParsed(t *testing.T) {
	s := newServer(quick(nil))
	s.opts.CompletionBudget = 20 * time.Millisecond
	s.model, s.phase, s.loading.over = &scripted{predict: prefer()}, running, true
	snap := s.newSnapshot(file, 1, "python", []byte("waste = wide\n"+python))
	parsed, parse := make(chan struct{}), snap.file
	snap.file = func() *treesitter.File { <-parsed; return parse() }
	doc := &document{snapshot: snap, settings: settings.Default()}
	s.documents[file] = doc
	params := &protocol.CompletionParams{}
	params.TextDocument.URI, params.Position = file, snap.mapper.offsetPosition(strings.Index(string(snap.text), "width *")+1)
	ask := func() protocol317.CompletionList {
		t.Helper()
		run, err := s.completion(params)
		if err != nil {
			t.Fatal(err)
		}
		list, err := run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return list.(protocol317.CompletionList)
	}
	list := ask()
	if len(list.Items) == 0 || list.Items[0].Label != "width" || !list.IsIncomplete || list.Items[0].Data.(offered).LogProb != nil {
		t.Errorf("before the file is parsed: %+v", list)
	}
	close(parsed)
	s.opts.CompletionBudget = time.Minute
	if list := ask(); len(list.Items) == 0 || list.Items[0].Data.(offered).LogProb == nil || list.IsIncomplete {
		t.Errorf("once it is: %+v", list)
	}
	s.workers.Wait()
}

// What the model has answered by the end of the budget is not lost with what it has not come to.
func TestInTurn(t *testing.T) {
	choices, free := model.Query{Choices: []string{"a", "b"}}, model.Query{Prefix: "a"}
	broken := errors.New("broken")
	m := inTurn{&scripted{predict: func(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
		switch {
		case len(qs) != 1:
			t.Errorf("%d queries at once", len(qs))
		case qs[0].Choices != nil:
			return prefer("b")(ctx, qs)
		case qs[0].MaxSubwords == 1:
			return nil, broken
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}}}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	predictions, err := m.Predict(ctx, []model.Query{choices, free})
	if err != nil || len(predictions) != 2 || predictions[0].Candidates[0].Text != "b" || predictions[1].Candidates != nil {
		t.Errorf("at a deadline: %+v, %v", predictions, err)
	}
	if _, err := m.Predict(ctx, []model.Query{free, choices}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("at a deadline before anything is answered: %v", err)
	}
	if _, err := m.Predict(context.Background(), []model.Query{choices, {MaxSubwords: 1}}); !errors.Is(err, broken) {
		t.Errorf("from a broken model: %v", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Predict(cancelled, []model.Query{choices, free}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Until the model is there, answers are empty, at once, and not final.
func TestRequestsWhileTheModelLoads(t *testing.T) {
	loaded := make(chan struct{})
	opts := quick(&scripted{predict: prefer()})
	open := opts.Open
	opts.Open = func(ctx context.Context, report func(string)) (Model, error) {
		report("reading the bundle")
		<-loaded
		return open(ctx, report)
	}
	e := start(t, opts, fakeeditor.Config{Progress: true})
	e.Open(file, "python", python)
	offset := strings.Index(python, "width *") + 1
	if items, incomplete := e.Complete(file, offset); len(items) != 0 || !incomplete {
		t.Errorf("completions before there is a model: %v, %v", items, incomplete)
	}
	e.ProgressBegun(fakeeditor.Loading)
	close(loaded)
	if got := e.Progress(fakeeditor.Loading); !strings.HasPrefix(got[0], "begin") || !strings.Contains(strings.Join(got, ", "), "reading the bundle") || got[len(got)-1] != "end" {
		t.Errorf("progress %q", got)
	}
	e.Diagnostics(file) // of the document that was open before
	if items, _ := e.Complete(file, offset); len(items) == 0 {
		t.Error("no completions after it")
	}
	e.Close()
}

// Invariant: no model, a broken one, or no runtime: the server runs, offers nothing, and says so once.
func TestNoModel(t *testing.T) {
	for name, open := range map[string]func(context.Context, func(string)) (Model, error){
		"an error": func(context.Context, func(string)) (Model, error) {
			return nil, errors.New("finding ONNX Runtime: none is installed; run mlm-lsp runtime install")
		},
		"a panic": func(context.Context, func(string)) (Model, error) { panic("mlm-lsp runtime install") },
	} {
		t.Run(name, func(t *testing.T) {
			opts := quick(nil)
			opts.Open = open
			e := start(t, opts, fakeeditor.Config{})
			e.Open(file, "python", python)
			if got := e.Message(); !strings.Contains(got, "mlm-lsp: offering nothing: ") || name == "an error" && !strings.Contains(got, "run mlm-lsp runtime install") {
				t.Errorf("message %q", got)
			}
			e.Edit(file, fakeeditor.Edit{Text: "# \n"})
			if items, incomplete := e.Complete(file, 0); len(items) != 0 || incomplete {
				t.Errorf("completions %v, incomplete %v", items, incomplete)
			}
			e.Close()
		})
	}
}

// elsewhere is a model that runs on another device than the one asked for.
type elsewhere struct{ scripted }

func (*elsewhere) Info() model.Info {
	return model.Info{Device: ort.Device{Requested: "cuda", Used: "cpu", Reason: "cuda is not usable: no such card", Fallback: true}}
}

// A device that is not there is told of once, and the CPU answers.
func TestOtherDevice(t *testing.T) {
	e := start(t, quick(&elsewhere{scripted{predict: prefer("width")}}), fakeeditor.Config{})
	if got, want := e.Message(), "mlm-lsp: cuda is not usable: no such card: the CPU is used"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	e.Open(file, "python", python)
	if items, _ := e.Complete(file, strings.Index(python, "width *")+1); len(items) == 0 {
		t.Error("no completions")
	}
	e.Close() // which fails if there is another message
}

// A model that fails later is told of once as well, and completions still come from the file.
func TestModelThatFails(t *testing.T) {
	m := &scripted{predict: func(context.Context, []model.Query) ([]model.Prediction, error) { return nil, fs.ErrInvalid }}
	check := func(context.Context, Model, *treesitter.File, suspect.Options) ([]suspect.Finding, error) {
		return nil, fs.ErrInvalid
	}
	e := startSuspecting(t, check, quick(m), fakeeditor.Config{})
	e.Open(file, "python", python)
	if got := e.Message(); !strings.Contains(got, fs.ErrInvalid.Error()) {
		t.Errorf("message %q", got)
	}
	for range 2 {
		if items, _ := e.Complete(file, strings.Index(python, "width *")+1); len(items) == 0 {
			t.Error("no completions")
		}
	}
	e.Close()
}
