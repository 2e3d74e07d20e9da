package training

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/codetok"
	"mlm-lsp/internal/wholefile"
	"mlm-lsp/model/onnx"
	"mlm-lsp/training/corpus"
	"mlm-lsp/training/mask"
	"mlm-lsp/training/shard"
	"mlm-lsp/training/step"
	"mlm-lsp/treesitter"
)

func testTokenizer(t testing.TB) *codetok.Tokenizer {
	t.Helper()
	tokenizer, err := codetok.Train(context.Background(), slices.Values([]string{"func main() {}", "func main() {}"}), codetok.TrainOptions{VocabSize: 280})
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer
}

// randomShard has documents of random sizes; ids count up, so that a row shows where it is from.
func randomShard(random *rand.Rand) *shard.Shard {
	s := &shard.Shard{Projects: []string{"a", "b", "c", "d"}, Languages: []string{"go", "python"}}
	begin := shard.SpecialLabel &^ shard.Label(shard.Special)
	for project := range s.Projects {
		for language := range s.Languages {
			for range random.IntN(6) {
				start := len(s.IDs)
				for i := range 1 + random.IntN(300) {
					label := shard.Label(treesitter.KindVariable)
					if i == 0 || random.IntN(2) == 0 {
						label |= begin
					}
					if i == 0 || random.IntN(40) == 0 {
						s.Windows = append(s.Windows, uint32(len(s.IDs)))
					}
					s.IDs = append(s.IDs, int32(1000+len(s.IDs)))
					s.Labels = append(s.Labels, label)
				}
				s.Documents = append(s.Documents, shard.Document{Project: project, Language: language, Start: start, End: len(s.IDs)})
			}
		}
	}
	return s
}

func TestRows(t *testing.T) {
	tokenizer := testTokenizer(t)
	const length = 64
	ids, labels := make([]int64, length), make([]shard.Label, length)
	total, repeated, mixed := 0, 0, 0
	for seed := range uint64(200) {
		s := randomShard(rand.New(rand.NewPCG(5, seed)))
		set, err := newRowSet([]*shard.Shard{s}, tokenizer, length)
		if err != nil {
			continue
		}
		seen := make([]int, len(s.IDs))
		for _, r := range set.rows {
			clear(ids)
			set.fill(r, ids, labels)
			tag := set.tags[0][r.language]
			if ids[0] != int64(set.cls) || ids[1] != int64(tag) || ids[length-1] != int64(set.sep) || tag < 0 {
				t.Fatalf("seed %d: row %v", seed, ids)
			}
			previous := int64(-1)
			row := s.Documents[documentAt(s.Documents, int(r.end)-1)]
			for i := 2; i < length; i++ {
				if ids[i] == int64(set.sep) {
					if labels[i] != shard.SpecialLabel {
						t.Fatalf("seed %d: a separator of class %v", seed, labels[i].Class())
					}
					continue
				}
				at := int(ids[i]) - 1000
				d := s.Documents[documentAt(s.Documents, at)]
				if previous >= 0 && ids[i] != previous+1 {
					t.Fatalf("seed %d: %d follows %d", seed, ids[i], previous)
				}
				if (ids[i-1] == int64(set.sep)) != (at == d.Start && previous >= 0) {
					t.Fatalf("seed %d: documents are not parted at %d", seed, at)
				}
				if labels[i] != s.Labels[at] {
					t.Fatalf("seed %d: label of %d", seed, at)
				}
				if d.Project != row.Project || d.Language != row.Language {
					mixed++
				}
				previous = ids[i]
				seen[at]++
				total++
			}
		}
		missed := 0
		for _, n := range seen {
			if n == 0 {
				missed++
			} else {
				repeated += n - 1
			}
		}
		if missed > len(s.Projects)*len(s.Languages)*length {
			t.Errorf("seed %d: %d of %d subwords are in no row", seed, missed, len(s.IDs))
		}
	}
	if repeated > total/4 || mixed > total/10 {
		t.Errorf("of %d subwords in rows %d are repeated and %d stand in a row of another project or language", total, repeated, mixed)
	}
}

func TestOrderCoversEveryRow(t *testing.T) {
	o := newOrder(3, 17)
	var epochs [3][]int
	for n := range 51 {
		epochs[n/17] = append(epochs[n/17], o.at(n))
	}
	if slices.Equal(epochs[0], epochs[1]) {
		t.Error("two epochs have the same order")
	}
	for _, e := range epochs {
		slices.Sort(e)
		for i, row := range e {
			if i != row {
				t.Fatalf("an epoch is %v", e)
			}
		}
	}
	if a, b := newOrder(3, 17).at(40), o.at(40); a != b {
		t.Error("the order depends on where it is entered")
	}
}

func TestBatches(t *testing.T) {
	tokenizer := testTokenizer(t)
	s := randomShard(rand.New(rand.NewPCG(9, 9)))
	set, err := newRowSet([]*shard.Shard{s}, tokenizer, 64)
	if err != nil {
		t.Fatal(err)
	}
	recipe := mask.Weighted()
	make := func() *batcher {
		s := settings{Batch: 4, Row: 64, Recipe: recipe, Seed: 1}
		return newBatcher(set, s, newLayout(s, false, false), tokenizer, nil, streamMasks)
	}
	a, classes := make().batch(7)
	b, _ := make().batch(7)
	if !reflect.DeepEqual(a, b) {
		t.Error("a batch is another one the second time")
	}
	c, _ := make().batch(8)
	if reflect.DeepEqual(a, c) {
		t.Error("two batches are the same")
	}
	if len(a.IDs) != 4*64 || len(a.Positions) != 4*recipe.Budget(64) || len(classes) != len(a.Positions) {
		t.Fatalf("%d ids, %d places", len(a.IDs), len(a.Positions))
	}
	masked := 0
	for i, at := range a.Positions {
		if (classes[i].Class() == shard.Special) != (a.Weights[i] == 0) {
			t.Errorf("place %d: class %v, weight %v", i, classes[i].Class(), a.Weights[i])
		}
		if a.Weights[i] == 0 {
			continue
		}
		masked++
		if a.IDs[at] != int64(tokenizer.Special().MASK) || a.Labels[i] < 1000 {
			t.Errorf("place %d: id %d, label %d", i, a.IDs[at], a.Labels[i])
		}
	}
	if shown := count(a.IDs, int64(tokenizer.Special().MASK)); shown != masked {
		t.Errorf("%d masks are in sight, %d are asked for", shown, masked)
	}

	// Static masks: the same row has the same masks in every epoch, dynamic ones other masks.
	recipe.Static = true
	static := make()
	perEpoch := map[int][]int64{}
	for n := range 3 * len(set.rows) {
		batch, _ := static.batch(n)
		for i := range 4 {
			row := static.order.at(n*4 + i)
			ids := batch.IDs[i*64 : (i+1)*64]
			if before, ok := perEpoch[row]; ok && !slices.Equal(before, ids) {
				t.Fatalf("row %d has other masks than before", row)
			}
			perEpoch[row] = slices.Clone(ids)
		}
	}
}

// TestSingleSubwords: masks of single subwords leave the rest of their words in sight, and every place is what the row says.
func TestSingleSubwords(t *testing.T) {
	tokenizer := testTokenizer(t)
	s := randomShard(rand.New(rand.NewPCG(9, 9)))
	set, err := newRowSet([]*shard.Shard{s}, tokenizer, 64)
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := mask.Uniform().Shaped("subwords")
	if err != nil {
		t.Fatal(err)
	}
	run := settings{Batch: 4, Row: 64, Recipe: recipe, Seed: 1}
	b := newBatcher(set, run, newLayout(run, false, false), tokenizer, nil, streamMasks)
	ids, labels := make([]int64, 64), make([]shard.Label, 64)
	inside := 0
	for n := range len(set.rows) {
		batch, classes := b.batch(n)
		for i, at := range batch.Positions {
			if batch.Weights[i] == 0 {
				t.Fatalf("batch %d leaves place %d unused: single subwords fill every budget", n, i)
			}
			set.fill(set.rows[b.order.at(n*4+int(at)/64)], ids, labels)
			if batch.Labels[i] != ids[at%64] || classes[i] != labels[at%64] || batch.IDs[at] != int64(tokenizer.Special().MASK) {
				t.Fatalf("batch %d asks for %d of class %v at %d, where %d of class %v stood", n, batch.Labels[i], classes[i], at, ids[at%64], labels[at%64])
			}
			if !labels[at%64].WordStart() && batch.IDs[at-1] != int64(tokenizer.Special().MASK) {
				inside++
			}
		}
	}
	if inside < 20 {
		t.Errorf("%d masks begin within a word", inside)
	}
}

// TestSpelled: of every masked word one subword is asked for, with those before it in sight and those after it masked.
func TestSpelled(t *testing.T) {
	tokenizer := testTokenizer(t)
	s := randomShard(rand.New(rand.NewPCG(9, 9)))
	set, err := newRowSet([]*shard.Shard{s}, tokenizer, 64)
	if err != nil {
		t.Fatal(err)
	}
	run := settings{Batch: 4, Row: 64, Recipe: evaluationRecipe(), Seed: 1}
	b := newBatcher(set, run, newLayout(run, false, false), tokenizer, nil, streamHeldOut)
	maskID := int64(tokenizer.Special().MASK)
	var later int
	for n := range len(set.rows) {
		whole := take(b, n)
		kept := slices.Clone(whole.batch.IDs)
		spelt, bytes := spelled(whole, tokenizer, rand.New(rand.NewPCG(1, uint64(n))))
		if !slices.Equal(kept, whole.batch.IDs) {
			t.Fatal("the batch of whole words was changed")
		}
		total, weight, places := 0, float32(0), 0
		for i, class := range whole.classes {
			at := whole.batch.Positions[i]
			if class.Class() == shard.Special {
				if spelt.batch.Weights[i] != 0 || bytes[i] != 0 {
					t.Fatalf("place %d is not used, weighs %v and has %d bytes", i, spelt.batch.Weights[i], bytes[i])
				}
				continue
			}
			total += bytes[i]
			weight += spelt.batch.Weights[i]
			places++
			total -= len(tokenizer.Bytes(int32(whole.batch.Labels[i])))
			if spelt.batch.Weights[i] == 0 {
				continue
			}
			if spelt.batch.IDs[at] != maskID {
				t.Fatalf("place %d is asked for and in sight", i)
			}
			first, last := i, i
			for !whole.classes[first].WordStart() {
				first--
			}
			for last+1 < len(whole.classes) && !whole.classes[last+1].WordStart() {
				last++
			}
			if int(spelt.batch.Weights[i]) != last-first+1 {
				t.Fatalf("place %d of a word from %d to %d weighs %v", i, first, last, spelt.batch.Weights[i])
			}
			for k := first; k <= last; k++ {
				if id := spelt.batch.IDs[whole.batch.Positions[k]]; (id == maskID) != (k >= i) || k < i && id != whole.batch.Labels[k] {
					t.Fatalf("place %d of a word from %d to %d is asked for; at %d stands %d", i, first, last, k, id)
				}
			}
			if i > first {
				later++
			}
		}
		if total != 0 || int(weight) != places {
			t.Fatalf("batch %d: %d bytes too many, %d places weigh %v", n, total, places, weight)
		}
	}
	if later < 20 {
		t.Errorf("%d words are asked for behind their beginning", later)
	}
}

// TestRowsWithoutTags: a tokenizer that has no tags makes rows of the same text.
func TestRowsWithoutTags(t *testing.T) {
	s := randomShard(rand.New(rand.NewPCG(9, 9)))
	tagged, err := newRowSet([]*shard.Shard{s}, testTokenizer(t), 64)
	if err != nil {
		t.Fatal(err)
	}
	bare, err := codetok.Train(t.Context(), slices.Values([]string{"package main"}), codetok.TrainOptions{VocabSize: 300, Languages: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	untagged, err := newRowSet([]*shard.Shard{s}, bare, 64)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(tagged.rows, untagged.rows) {
		t.Fatal("the rows are cut elsewhere")
	}
	with, without := make([]int64, 64), make([]int64, 64)
	labels := make([]shard.Label, 64)
	for _, r := range tagged.rows {
		tagged.fill(r, with, labels)
		untagged.fill(r, without, labels)
		if tag, ok := testTokenizer(t).LanguageTag(s.Languages[r.language]); !ok || with[1] != int64(tag) {
			t.Fatalf("a row of %s begins with %v", s.Languages[r.language], with[:2])
		}
		for i := 1; i < 62; i++ {
			if special := with[i+1] < 1000; !special && with[i+1] != without[i] {
				t.Fatalf("rows %v and %v", with, without)
			}
		}
	}
}

func count(ids []int64, id int64) (n int) {
	for _, v := range ids {
		if v == id {
			n++
		}
	}
	return n
}

func TestSchedule(t *testing.T) {
	s := schedule{peak: 1, steps: 1000}
	var rates []float64
	for n := range 1000 {
		rates = append(rates, s.rate(n, s.done(n, 0)))
	}
	if rates[0] <= 0 || rates[0] > 0.01 || rates[20] < 0.4 || rates[20] > 0.6 || rates[100] != 1 || rates[390] != 1 {
		t.Errorf("warm-up: %v %v %v %v", rates[0], rates[20], rates[100], rates[390])
	}
	if math.Abs(rates[700]-0.5) > 0.01 || rates[999] > 0.02 || rates[999] <= 0 {
		t.Errorf("decay: %v %v", rates[700], rates[999])
	}
	timed := schedule{peak: 1, seconds: 100}
	if r := timed.rate(0, timed.done(0, 0)); r <= 0 || r > 0.01 {
		t.Errorf("a timed run begins with %v", r)
	}
	if r := timed.rate(50, timed.done(50, 70)); math.Abs(r-0.5) > 0.01 {
		t.Errorf("a timed run is at %v after 70%%", r)
	}
	if left := timed.left(50, 25); left.Seconds() != 75 {
		t.Errorf("%v left of 100 seconds after 25", left)
	}
}

func testCheckpoint(t testing.TB) (position, step.State) {
	t.Helper()
	w := func(v float32) onnx.Weights {
		return onnx.Weights{"a": onnx.FloatTensor([]float32{v, 2, 3, 4}, 2, 2), "b": onnx.FloatTensor([]float32{5}, 1)}
	}
	p := position{Settings: settings{Config: "tiny", Batch: 4, Recipe: mask.Weighted()}, Model: json.RawMessage(`{}`), Step: 12, Seconds: 1.25, Data: "d"}
	return p, step.State{Step: 12, Weights: w(1), First: w(-1), Second: w(0.5)}
}

// TestSettingsOfBefore reads settings as checkpoints held them before the share and the shape of masks were choices: a run that goes on from one draws
// the masks that it drew.
func TestSettingsOfBefore(t *testing.T) {
	const text = `{"engine":"torch","config":"small","row":512,"batch":8,"learning_rate":0.0007,"weight_decay":0.05,"recipe":{"name":"weighted","total":0.15,
		"classes":[{"rate":0.3,"loss":0.5},{"rate":1,"loss":1},{"rate":1,"loss":1},{"rate":1,"loss":1},{"rate":1,"loss":1},{"rate":1,"loss":1},{"rate":0.8,"loss":1.2},
		{"rate":1.2,"loss":1.5},{"rate":0.5,"loss":0.8},{"rate":0.5,"loss":0.7},{"rate":0.3,"loss":0.4},{"rate":0.2,"loss":0.3},{"rate":0.4,"loss":0.5}],
		"spans":0.1,"span_stop":0.35,"span_max":4,"endings":0.4,"collapse":0.5,"static":false},"seed":5,"evaluate_every":1500,"heads":true,"pointer_weight":0.5,
		"detect_weight":1,"detect_share":0.25,"changed":10,"mutants":12,"fix_share":0.5}`
	var before settings
	if err := json.Unmarshal([]byte(text), &before); err != nil {
		t.Fatal(err)
	}
	o := Options{
		Paths: []string{"."}, Out: "x", Engine: "torch", Batch: 8, Seed: 5, EvaluateEvery: 1500, EvaluateBatches: heldOutBatches, Heads: true, Fixes: []string{"list"},
		LearningRate: 0.0007, Recipe: "weighted", MaskRate: 0.15, MaskShape: "mixed",
	}
	now, err := o.resolve()
	if err != nil {
		t.Fatal(err)
	}
	now.EvaluateBatches = 0
	if !reflect.DeepEqual(before, now) {
		t.Errorf("the settings were %+v, they are %+v", before, now)
	}
}

func TestCheckpointRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	p, state := testCheckpoint(t)
	if err := writeCheckpoint(wholefile.Create, path, p, state); err != nil {
		t.Fatal(err)
	}
	gotPosition, gotState, err := readCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(gotPosition, p) || !reflect.DeepEqual(gotState, state) {
		t.Errorf("read %+v %+v", gotPosition, gotState)
	}
	data := mustRead(t, path)
	for cut := range data {
		if _, _, err := parseCheckpoint(data[:cut]); err == nil {
			t.Fatalf("a checkpoint cut off at %d was read", cut)
		}
	}
	for at := range data {
		data[at] ^= 1
		if _, _, err := parseCheckpoint(data); err == nil {
			t.Fatalf("a checkpoint with byte %d changed was read", at)
		}
		data[at] ^= 1
	}
}

func FuzzCheckpoint(f *testing.F) {
	path := filepath.Join(f.TempDir(), "checkpoint")
	p, state := testCheckpoint(f)
	if err := writeCheckpoint(wholefile.Create, path, p, state); err != nil {
		f.Fatal(err)
	}
	data := mustRead(f, path)
	f.Add(data[:len(data)-32])
	f.Fuzz(func(t *testing.T, body []byte) {
		_, state, err := parseCheckpoint(signed(body))
		if err != nil {
			return
		}
		for _, w := range []onnx.Weights{state.Weights, state.First, state.Second} {
			for name, tensor := range w {
				if len(tensor.Data) != tensor.Len()*tensor.DType.Size() {
					t.Errorf("tensor %q of shape %v has %d bytes", name, tensor.Dims, len(tensor.Data))
				}
			}
		}
	})
}

// signed appends the checksum that a file of this body has.
func signed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(slices.Clone(body), sum[:]...)
}

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	j, err := openJournal(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 5; n++ {
		j.step(StepRecord{Step: n, Loss: float64(n)})
	}
	j.evaluation(Evaluation{Step: 5, On: "held-out projects"})
	if err := j.flush(); err != nil {
		t.Fatal(err)
	}
	j.close()
	if err := os.WriteFile(path, append(mustRead(t, path), `{"step":6,"lo`...), 0o666); err != nil { // a crash in the middle of a line
		t.Fatal(err)
	}
	j, err = openJournal(path, 3)
	if err != nil {
		t.Fatal(err)
	}
	j.step(StepRecord{Step: 4, Loss: 44})
	j.close()
	lines, err := readJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []float64
	for _, l := range lines {
		got = append(got, l.StepRecord.Loss)
	}
	if !slices.Equal(got, []float64{1, 2, 3, 44}) {
		t.Errorf("losses in the log: %v", got)
	}
}

func TestSampleSparesSmallLanguages(t *testing.T) {
	c := &corpus.Corpus{Projects: []corpus.Project{{Name: "p"}, {Name: "aside", HeldOut: true}}}
	for i := range 1000 {
		c.Files = append(c.Files, corpus.File{Path: fmt.Sprint(i, ".go"), Language: "go", Text: bytes.Repeat([]byte("g"), 1000)})
	}
	for i := range 20 {
		c.Files = append(c.Files, corpus.File{Path: fmt.Sprint(i, ".py"), Language: "python", Text: bytes.Repeat([]byte("p"), 1000)})
	}
	c.Files = append(c.Files, corpus.File{Project: 1, Path: "x.go", Language: "go", Text: bytes.Repeat([]byte("x"), 1000)})
	texts, size := sample(c, 200_000)
	counts := map[byte]int{}
	for text := range texts {
		counts[text[0]] += len(text)
	}
	if size > 200_000 || counts['x'] != 0 {
		t.Errorf("%d bytes, %d of them held out", size, counts['x'])
	}
	if counts['p'] < 2*size/51 { // its part of the whole is one in 51
		t.Errorf("%d of %d bytes are of the small language", counts['p'], size)
	}
}

func TestConsoleWithoutTerminal(t *testing.T) {
	var out bytes.Buffer
	c := newConsole(&out)
	c.count("reading files", 1, 10)
	c.step(progress{step: 1, loss: 2})
	if out.Len() != 0 {
		t.Errorf("progress at once, where lines are kept: %q", out.String())
	}
	c.lastLine = c.lastLine.Add(-plainEvery)
	c.step(progress{step: 7, loss: 2.5, subwordsPerSecond: 1234})
	c.printf("done")
	if got := out.String(); !strings.HasPrefix(got, "step 7  loss 2.500  1234 subwords/s") || !strings.HasSuffix(got, "\ndone\n") || strings.Contains(got, "\r") {
		t.Errorf("%q", got)
	}
}
