package evaluate

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

const source = `package shop

import "fmt"

type Item struct {
	price float64
	count int
}

func total(items []Item, rate float64) float64 {
	sum := 0.0
	for _, item := range items {
		if item.count > 0 && item.price >= 1 {
			sum += item.price * float64(item.count)
		}
	}
	fmt.Println(sum, rate)
	return sum * (1 + rate)
}

func cheapest(items []Item, rate float64) (best Item) {
	for _, item := range items {
		if item.count > 0 && item.price < best.price {
			best = item
		}
	}
	fmt.Println(best, rate)
	return best
}
`

// oracle knows the text: it puts the choice that fits it first, or last when it is contrary.
type oracle struct {
	text     string
	contrary bool
	queries  []model.Query
}

func (o *oracle) Predict(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := make([]model.Prediction, len(qs))
	for i, q := range qs {
		o.queries = append(o.queries, q)
		choices := q.Choices
		if choices == nil {
			choices = []string{"generated"}
		}
		var rest []model.Candidate
		for k, choice := range choices {
			fits := strings.Contains(o.text, q.Before[max(0, len(q.Before)-60):]+choice+q.After[:min(len(q.After), 60)])
			c := model.Candidate{Text: choice, LogProb: -float64(k) - 1}
			if fits != o.contrary {
				c.LogProb = 0
				out[i].Candidates = append(out[i].Candidates, c)
			} else {
				rest = append(rest, c)
			}
		}
		out[i].Candidates = append(out[i].Candidates, rest...)
	}
	return out, nil
}

func files(texts ...string) (list []*treesitter.File) {
	for _, text := range texts {
		list = append(list, treesitter.Parse("go", []byte(text)))
	}
	return list
}

func find(t *testing.T, r Result, class, slice string) Row {
	t.Helper()
	for _, row := range r.Rows {
		if row.Class == class && row.Slice == slice {
			return row
		}
	}
	t.Fatalf("no row %s, %s in %+v", class, slice, r.Rows)
	return Row{}
}

func TestCloze(t *testing.T) {
	right := &oracle{text: source}
	opts := Options{PerClass: 30, Generate: true, Subwords: func(text string) int { return (len(text) + 3) / 4 }}
	r, err := Cloze(t.Context(), right, files(source), opts)
	if err != nil {
		t.Fatal(err)
	}
	all := find(t, r, "all", "all")
	if all.Count != r.Cases || all.Count < 30 || all.Covered < 0.7 || all.Covered == 1 {
		t.Errorf("of %d cases %v are covered; cheapest or total stand nowhere else", all.Count, all.Covered)
	}
	if got := all.Systems[SystemModel].At1; got != all.Covered {
		t.Errorf("an oracle is right in %v of the cases, %v are covered", got, all.Covered)
	}
	if cache := all.Systems[SystemCache]; cache.At1 < 0.3 || cache.At1 > cache.At5 || cache.At5 > all.Covered || cache.MRR < cache.At1 {
		t.Errorf("the cache: %+v", cache)
	}
	if all.Systems[SystemBoth].At1 < all.Systems[SystemCache].At1 {
		t.Errorf("with an oracle: %+v; by the cache alone: %+v", all.Systems[SystemBoth], all.Systems[SystemCache])
	}
	if all.Systems[SystemGenerated].At1 != 0 {
		t.Error("nonsense that was generated counts as right")
	}
	parts := 0
	for _, slice := range sliceNames[1:4] {
		for _, row := range r.Rows {
			if row.Class == "all" && row.Slice == slice {
				parts += row.Count
			}
		}
	}
	if parts != all.Count {
		t.Errorf("seen and unseen together are %d of %d", parts, all.Count)
	}
	if names := find(t, r, "names", "go"); names.Count != find(t, r, "variable", "all").Count+find(t, r, "attribute", "all").Count+find(t, r, "call", "all").Count {
		t.Errorf("%d names", names.Count)
	}

	wrong := &oracle{text: source, contrary: true}
	r, err = Cloze(t.Context(), wrong, files(source), opts)
	if err != nil {
		t.Fatal(err)
	}
	if got := find(t, r, "names", "all").Systems[SystemModel].At1; got > 0.1 {
		t.Errorf("a contrary oracle is right in %v of the cases", got)
	}
}

func TestAnswerIsInvisible(t *testing.T) {
	o := &oracle{text: source}
	// Each occurrence of a name that stands once is a case; no query may hold it.
	text := strings.Replace(source, "fmt.Println(best, rate)", "fmt.Println(best, uniqueName)", 1)
	if _, err := Cloze(t.Context(), o, files(text), Options{PerClass: 100, WindowBytes: 5000}); err != nil {
		t.Fatal(err)
	}
	asked := false
	for _, q := range o.queries {
		around := q.Before + q.After
		if !strings.Contains(around, "uniqueName") {
			asked = true
			for _, c := range q.Choices {
				if c == "uniqueName" {
					t.Error("the only occurrence is among its own choices")
				}
			}
		}
	}
	if !asked {
		t.Error("the unique name was not asked for")
	}
}

func TestClozeIsDeterministic(t *testing.T) {
	run := func(seed uint64) Result {
		r, err := Cloze(t.Context(), &oracle{text: source}, files(source, strings.ReplaceAll(source, "item", "thing")), Options{PerClass: 5, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if !reflect.DeepEqual(run(1), run(1)) {
		t.Error("one seed, two results")
	}
	if reflect.DeepEqual(run(1).Rows, run(2).Rows) {
		t.Error("two seeds drew the same cases")
	}
}

func TestClozeErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Cloze(ctx, &oracle{}, files(source), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	if _, err := Cloze(t.Context(), &oracle{}, files(""), Options{}); err == nil {
		t.Error("nothing to ask for is no error")
	}
}

func TestPrint(t *testing.T) {
	r, err := Cloze(t.Context(), &oracle{text: source}, files(source), Options{PerClass: 10})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Print(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(r.Rows)+1 || !strings.Contains(lines[0], "cache @1") {
		t.Errorf("table:\n%s", b.String())
	}
}
