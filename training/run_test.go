package training

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/model"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/ort/orttest"
	"mlm-lsp/training/fixes"
	"mlm-lsp/training/shard"
)

// sources makes three small projects of this package's own files.
func sources(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for i, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(root, []string{"large@v1.0.0", "large@v1.0.0", "large@v1.0.0", "large@v1.0.0", "small@v1.0.0", "other@v1.0.0"}[i%6])
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// fixList writes a list of fixes: one in each of some repositories, learnt from and held out, made from a file of this package.
func fixList(t testing.TB) string {
	t.Helper()
	text := string(mustRead(t, "batch.go"))
	const right = "b.drawer = mask.NewDrawer"
	before, _, ok := strings.Cut(text, right)
	if !ok {
		t.Fatalf("batch.go has no %q", right)
	}
	var list []fixes.Fix
	for i := range 12 {
		list = append(list, fixes.Fix{
			Repo: fmt.Sprintf("owner%d/name", i), Commit: fmt.Sprint(i), Path: "batch.go", Line: strings.Count(before, "\n") + 1, Col: len("\tb."), Old: "order", New: "drawer",
			Kind: fixes.Attribute, OldInFile: 1, Before: strings.Replace(text, right, "b.order = mask.NewDrawer", 1), After: text,
		})
	}
	path := filepath.Join(t.TempDir(), "fixes.jsonl.gz")
	if err := fixes.Write(path, list); err != nil {
		t.Fatal(err)
	}
	return path
}

// tinyOptions is the smallest run that passes through everything: all heads, mutants and fixes, evaluation, report, bundle.
func tinyOptions(t testing.TB, root string) Options {
	return Options{
		Paths: []string{root}, Out: filepath.Join(t.TempDir(), "bundle"), Config: "tiny", Vocabulary: 600, Steps: 20, Row: 128, Batch: 4, EvaluateEvery: 5,
		HeldOut: 0.2, Heads: true, Fixes: []string{fixList(t)}, Library: orttest.Library(t), Progress: io.Discard,
	}
}

// stopAt cancels a run when it shows a line with the given beginning.
type stopAt struct {
	beginning string
	cancel    context.CancelFunc
	text      bytes.Buffer
}

func (s *stopAt) Write(p []byte) (int, error) {
	s.text.Write(p)
	if s.cancel != nil && bytes.HasPrefix(p, []byte(s.beginning)) {
		s.cancel()
	}
	return len(p), nil
}

func mustRead(t testing.TB, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// losses takes what a log says of steps, without times, which differ from run to run.
func losses(t testing.TB, work string) (out []string) {
	t.Helper()
	lines, err := readJournal(filepath.Join(work, "log.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if l.Evaluation != nil {
			text, err := json.Marshal(l.Evaluation)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(text))
		} else {
			out = append(out, fmt.Sprint(l.StepRecord.Step, l.StepRecord.Loss, l.StepRecord.Rate, l.StepRecord.Norm, l.StepRecord.Subwords, l.StepRecord.Length))
		}
	}
	return out
}

// same compares two finished runs to the bit.
func same(t *testing.T, a, b Options) {
	t.Helper()
	la, lb := losses(t, a.Work), losses(t, b.Work)
	for i := range min(len(la), len(lb)) {
		if la[i] != lb[i] {
			t.Fatalf("line %d of the log:\n%s\n%s", i, la[i], lb[i])
		}
	}
	if len(la) != len(lb) {
		t.Fatalf("%d and %d lines of log", len(la), len(lb))
	}
	if !bytes.Equal(mustRead(t, a.Out, bundle.WeightsFile), mustRead(t, b.Out, bundle.WeightsFile)) {
		t.Fatal("the logs agree, the weights do not")
	}
}

func TestRun(t *testing.T) {
	root := sources(t)
	straight := tinyOptions(t, root)
	straight.Work = t.TempDir()
	var shown stopAt
	straight.Progress = &shown
	if err := Run(t.Context(), straight); err != nil {
		t.Fatal(err)
	}

	t.Run("bundle", func(t *testing.T) {
		b, err := bundle.Open(straight.Out)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if len(b.Meta.Languages) != 1 || b.Meta.Languages[0] != "go" || b.Meta.Training == nil || b.Meta.Evaluation == nil {
			t.Errorf("the record is incomplete: %+v", b.Meta)
		}
		m, err := model.Open(straight.Library, b, model.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		predictions, err := m.Predict(t.Context(), []model.Query{{Language: "go", Before: "func f(", After: " int) {}", Choices: []string{"r", "err"}}})
		if err != nil || len(predictions) != 1 || len(predictions[0].Candidates) != 2 {
			t.Errorf("predictions %v, error %v", predictions, err)
		}
	})
	t.Run("report", func(t *testing.T) {
		page := string(mustRead(t, straight.Work, "report.html"))
		for _, want := range []string{"<h2>Loss</h2>", "<h2>Learning rate</h2>", "by class", "Mask overfitting", "Corpus", "held-out projects", "large", "0.003"} {
			if !strings.Contains(page, want) {
				t.Errorf("the report has no %q", want)
			}
		}
		if n := strings.Count(page, "<polyline"); n < 10 {
			t.Errorf("the report has %d curves", n)
		}
		for _, outside := range []string{"http://", "https://", "<script", "<link"} {
			if strings.Contains(page, outside) {
				t.Errorf("the report needs something from outside: %s", outside)
			}
		}
	})
	t.Run("heads", func(t *testing.T) {
		lines, err := readJournal(filepath.Join(straight.Work, "log.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		last := lines[len(lines)-1].Evaluation
		if last == nil || !(last.BitsPerByte > 0.5 && last.BitsPerByte < 8) || last.Pointer == nil || last.Mutants == nil || last.Fixes == nil {
			t.Fatalf("the last evaluation is %+v", last)
		}
		if last.Pointer.Count < 5 || !(last.Pointer.Loss > 0) || last.Mutants.Changed < 1 || last.Fixes.Changed < 5 || last.Fixes.Sites < last.Fixes.Changed {
			t.Errorf("pointer %+v, mutants %+v, fixes %+v", *last.Pointer, *last.Mutants, *last.Fixes)
		}
		if !strings.Contains(shown.text.String(), "names in sight") || !strings.Contains(shown.text.String(), "fixes: area under the curve") {
			t.Error("nothing was said of the heads")
		}
	})
	t.Run("shown", func(t *testing.T) {
		for _, want := range []string{"subwords to learn from", "held out", "million parameters", "heads weighing 0.5 and 1", "step 20, held-out projects", "bundle: "} {
			if !strings.Contains(shown.text.String(), want) {
				t.Errorf("nothing was said of %q:\n%s", want, shown.text.String())
			}
		}
	})
	t.Run("not over another run", func(t *testing.T) {
		if err := Run(t.Context(), straight); err == nil || !strings.Contains(err.Error(), "--resume") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("resuming a finished run", func(t *testing.T) {
		before := losses(t, straight.Work)
		o := straight
		o.Resume, o.Out = true, filepath.Join(t.TempDir(), "again")
		if err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if after := losses(t, straight.Work); len(after) != len(before) {
			t.Errorf("%d lines of log became %d", len(before), len(after))
		}
		same(t, straight, o)
	})

	t.Run("from the folder of another training", func(t *testing.T) {
		o := tinyOptions(t, root)
		o.Paths, o.Shards, o.Work = nil, straight.Work, t.TempDir()
		if err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		same(t, straight, o)
		if a, b := mustRead(t, straight.Work, "corpus.json"), mustRead(t, o.Work, "corpus.json"); !bytes.Equal(a, b) {
			t.Errorf("corpus.json became %s", b)
		}
	})

	t.Run("from unpacked shards", func(t *testing.T) {
		var pack bytes.Buffer
		if _, err := shard.Pack(&pack, filepath.Join(straight.Work, "shards"), 0); err != nil {
			t.Fatal(err)
		}
		o := tinyOptions(t, root)
		o.Paths, o.Shards, o.Work = nil, t.TempDir(), t.TempDir()
		if _, err := shard.Unpack(&pack, o.Shards); err != nil {
			t.Fatal(err)
		}
		if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "tokenizer.json") {
			t.Fatalf("without a tokenizer: error %v", err)
		}
		if err := os.WriteFile(filepath.Join(o.Shards, "tokenizer.json"), mustRead(t, straight.Work, "tokenizer.json"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		same(t, straight, o)
		read := func(work string) (c corpusRecord) {
			if err := json.Unmarshal(mustRead(t, work, "corpus.json"), &c); err != nil {
				t.Fatal(err)
			}
			return c
		}
		want, got := read(straight.Work), read(o.Work)
		if !reflect.DeepEqual(got.Trained, want.Trained) || !reflect.DeepEqual(got.HeldOut, want.HeldOut) || got.Subwords != want.Subwords || len(got.Projects) != len(want.Projects) {
			t.Errorf("counted %+v, it is %+v", got, want)
		}
	})

	t.Run("interrupted twice and resumed", func(t *testing.T) {
		o := tinyOptions(t, root)
		o.Work = t.TempDir()
		for _, beginning := range []string{"step 10,", "step 15,"} {
			ctx, cancel := context.WithCancel(t.Context())
			o.Progress = &stopAt{beginning: beginning, cancel: cancel}
			err := Run(ctx, o)
			cancel()
			if !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), "--resume") {
				t.Fatalf("stopped at %q: error %v", beginning, err)
			}
			if _, err := os.Stat(o.Out); err == nil {
				t.Fatal("an interrupted run left a bundle")
			}
			o.Resume = true
		}
		o.Progress = io.Discard
		if err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		same(t, straight, o)
	})

	t.Run("killed and resumed", func(t *testing.T) {
		o := tinyOptions(t, root)
		o.Work = t.TempDir()
		command := exec.Command(os.Args[0], "-test.run=^TestKilledRun$")
		command.Env = append(os.Environ(), killedRunEnv+"="+strings.Join([]string{root, o.Out, o.Work}, "|"))
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		// Kill it once it has saved something; whether it is writing the next checkpoint just then is left to chance.
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			if p, _, err := readCheckpoint(filepath.Join(o.Work, "checkpoint")); err == nil && p.Step >= 3 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("no checkpoint within a minute")
			}
		}
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = command.Wait() // killed
		o.Resume = true
		if err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		same(t, straight, o)
	})

	t.Run("full disk", func(t *testing.T) {
		o := tinyOptions(t, root)
		o.Work = t.TempDir()
		o.CheckpointMinutes = 1e-9
		var shown stopAt
		o.Progress = &shown
		checkpoints := 0
		o.create = func(dir, pattern string) (wholefile.File, error) {
			f, err := wholefile.Create(dir, pattern)
			if err == nil && strings.HasPrefix(pattern, "checkpoint") {
				if checkpoints++; checkpoints > 6 {
					return &fullDisk{File: f, room: 100_000}, nil
				}
			}
			return f, err
		}
		err := Run(t.Context(), o)
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "make room") {
			t.Fatalf("error %v", err)
		}
		if !strings.Contains(shown.text.String(), "make room") {
			t.Error("nothing was said when the disk filled during the run")
		}
		p, _, err := readCheckpoint(filepath.Join(o.Work, "checkpoint"))
		if err != nil || p.Step != 6 {
			t.Fatalf("the last good checkpoint is of step %d, error %v", p.Step, err)
		}
		left, err := filepath.Glob(filepath.Join(o.Work, "*.partial"))
		if err != nil || len(left) > 0 {
			t.Errorf("half files left behind: %v", left)
		}
		o.create, o.Resume, o.Progress = nil, true, io.Discard
		if err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		same(t, straight, o)
	})

	t.Run("from a bundle", func(t *testing.T) {
		o := tinyOptions(t, root)
		start := filepath.Join(t.TempDir(), "start")
		if err := os.CopyFS(start, os.DirFS(straight.Out)); err != nil {
			t.Fatal(err)
		}
		grams, err := ngram.New([]ngram.Family{{Name: "go", Known: 1}}, []ngram.Gram{{Key: ngram.Root("go").Next(ngram.TokenOf("x")), Nats: 1}})
		if err != nil {
			t.Fatal(err)
		}
		if err := bundle.PutNGrams(start, grams); err != nil {
			t.Fatal(err)
		}
		o.From, o.Steps, o.Work = start, 3, t.TempDir()
		if err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		first, last := losses(t, o.Work)[0], losses(t, straight.Work)[0]
		var step int
		var from, fresh float64
		if _, err := fmt.Sscan(first, &step, &from); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(last, &step, &fresh); err != nil {
			t.Fatal(err)
		}
		if from > fresh-0.3 {
			t.Errorf("the first loss is %v from the bundle, %v from nothing", from, fresh)
		}
		if !bytes.Equal(mustRead(t, o.Out, bundle.TokenizerFile), mustRead(t, straight.Out, bundle.TokenizerFile)) {
			t.Error("the tokenizer changed")
		}
		if !bytes.Equal(mustRead(t, o.Out, bundle.NGramFile), mustRead(t, start, bundle.NGramFile)) {
			t.Error("the n-grams changed")
		}
	})

	t.Run("by time", func(t *testing.T) {
		o := tinyOptions(t, root)
		o.Steps, o.Minutes, o.Work = 0, 0.01, t.TempDir()
		if err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		lines, err := readJournal(filepath.Join(o.Work, "log.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) < 2 || lines[len(lines)-1].Evaluation == nil {
			t.Errorf("%d lines of log, the last should be an evaluation", len(lines))
		}
	})
}

const killedRunEnv = "MLM_LSP_TEST_KILLED_RUN"

// TestKilledRun is the process that TestRun kills; in a plain run of the tests it has nothing to do.
func TestKilledRun(t *testing.T) {
	where := strings.Split(os.Getenv(killedRunEnv), "|")
	if len(where) != 3 {
		return
	}
	o := tinyOptions(t, where[0])
	o.Out, o.Work, o.CheckpointMinutes = where[1], where[2], 1e-9
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// fullDisk takes so many bytes and then no more.
type fullDisk struct {
	wholefile.File
	room int
}

func (f *fullDisk) Write(p []byte) (int, error) {
	if len(p) > f.room {
		n, _ := f.File.Write(p[:f.room])
		f.room = 0
		return n, &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	f.room -= len(p)
	return f.File.Write(p)
}

func TestOptionsRefused(t *testing.T) {
	for name, o := range map[string]Options{
		"--out":            {Paths: []string{"."}},
		"not both":         {Paths: []string{"."}, Out: "x", Steps: 1, Minutes: 1},
		"give directories": {Out: "x"},
		"tiny, small":      {Paths: []string{"."}, Out: "x", Config: "huge"},
		"weighted":         {Paths: []string{"."}, Out: "x", Recipe: "heavy"},
		"mixed, words":     {Paths: []string{"."}, Out: "x", MaskShape: "stars"},
		"total 1.5":        {Paths: []string{"."}, Out: "x", MaskRate: 1.5},
		"or --shards":      {Paths: []string{"."}, Out: "x", Shards: "y"},
		"new tokenizer":    {Shards: "y", Out: "x", Untagged: true},
		"at least one":     {Paths: []string{"."}, Out: "x", EvaluateBatches: -1},
		"16 to 512":        {Paths: []string{"."}, Out: "x", Row: 8},
		"detection rows":   {Paths: []string{"."}, Out: "x", DetectShare: 2},
		"without --fixes":  {Paths: []string{"."}, Out: "x", FixShare: 0.5},
		"pointer weight":   {Paths: []string{"."}, Out: "x", PointerWeight: -1},
	} {
		if _, err := o.resolve(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	early := tinyOptions(t, sources(t))
	if err := Run(ctx, early); !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), "first step") {
		t.Errorf("stopped at once: error %v", err)
	}
	o := Options{Resume: true, Out: filepath.Join(t.TempDir(), "none")}
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no checkpoint") {
		t.Errorf("resuming nothing: error %v", err)
	}
}
