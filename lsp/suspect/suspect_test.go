package suspect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/model/modeltest"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

const rect = `package geometry

func grow(x, y, width, height int) Rect {
	return Rect{Point{x, y}, Point{x + width, y + height}}
}

func place(x, y, width, height int, ok bool) Rect {
	if width <= 0 || !ok && height == top.left {
		return top.right(width, height)
	}
	return Rect{Point{x, y}, Point{x + width, y + width}}
}
`

func check(t *testing.T, m Model, text string) []Finding {
	t.Helper()
	findings, err := Check(context.Background(), m, treesitter.Parse("go", []byte(text)), Options{All: true})
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// TestAll: every sort of site is scored, in the order of the text, with probabilities and alternatives that make sense.
func TestAll(t *testing.T) {
	kinds := map[string]int{}
	last := 0
	for _, f := range check(t, &modeltest.Fake{}, rect) {
		kinds[f.Code]++
		if f.Span.Start < last {
			t.Errorf("%+v is out of order", f)
		}
		last = f.Span.Start
		if f.Probability < 0 || f.Probability > 1 || math.IsNaN(f.Score) || len(f.Suggestions) == 0 || f.Suggestions[0].Text == f.Token || f.Message == "" {
			t.Errorf("%+v", f)
		}
		if rect[f.Span.Start:f.Span.End] != f.Token {
			t.Errorf("%+v stands at %q", f, rect[f.Span.Start:f.Span.End])
		}
	}
	for code, least := range map[string]int{CodeVariable: 15, CodeAttribute: 2, CodeOperator: 8} {
		if kinds[code] < least {
			t.Errorf("%d of %s", kinds[code], code)
		}
	}
}

// TestSiteIsInvisible: what stands at a site changes nothing that is known of what could stand there, but what compares the two.
func TestSiteIsInvisible(t *testing.T) {
	one := "y + width}}\n}\n"
	at := strings.LastIndex(rect, one) + len("y + ")
	var first map[string][]float32
	for _, name := range []string{"width", "height", "x"} {
		text := rect[:at] + name + rect[at+len("width"):]
		e, err := Examine(context.Background(), nil, treesitter.Parse("go", []byte(text)), Options{All: true})
		if err != nil {
			t.Fatal(err)
		}
		i := e.At(at)
		if i < 0 {
			t.Fatalf("%s is not scored", name)
		}
		known := map[string][]float32{}
		for k, choice := range e.Choices(i) {
			for _, in := range neutral {
				// The numbers of the cache are relative to the best choice, and how many choices there are depends on what is like what stands there.
				if in == inCachePlace || in == inChoices {
					continue
				}
				known[choice] = append(known[choice], e.Known(i, k)[in])
			}
		}
		if first == nil {
			first = known
		}
		for _, choice := range []string{"width", "height", "x", "y"} {
			for n, v := range known[choice] {
				if want := first[choice][n]; math.Abs(float64(v-want)) > 1e-6 {
					t.Errorf("with %s there, the %d-th of what is known of %s is %v, with width %v", name, n, choice, v, want)
				}
			}
		}
	}
}

// alarming is a table that asks the model about ==, and reports what it and the file agree on by so many nats.
func alarming(t *testing.T, nats float64) *rank.Table {
	t.Helper()
	step := func(input string, at, below, above float64) *rank.Forest {
		f, err := rank.NewForest([]string{input}, [][]rank.Node{{{Input: 0, Left: 1, Right: 2, Value: at}, {Input: -1, Value: below}, {Input: -1, Value: above}}})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	table := *rank.Default()
	// What is no operator has no number of one, and the first operator is ==.
	table.Alarm = &rank.Alarm{Screen: step("own operator", 0, 1, -9), Ask: 0, Confirm: step("agreed", nats, -9, 2)}
	table.Sensitivities = map[string]rank.Sensitivity{rank.Normal: {Thresholds: map[string]rank.Threshold{groupOperator + "/*": {LogOdds: 3}}}}
	return &table
}

// TestAlarm: the model is asked about what the first forest suspects, and a place is reported when the second one says so: here, when file and model prefer the same by more than is asked.
func TestAlarm(t *testing.T) {
	const text = `package store

func first() error {
	if err := load(); err != nil {
		return err
	}
	if err := parse(); err != nil {
		return err
	}
	if err := check(); err != nil {
		return err
	}
	if err := write(); err == nil {
		return err
	}
	return nil
}
`
	at := strings.LastIndex(text, "==")
	for name, c := range map[string]struct {
		says      string
		threshold float64
		want      bool
	}{
		"both are sure":          {"!= -0.01, == -6.0", 1, true},
		"more is asked":          {"!= -0.01, == -6.0", 40, false},
		"the model is undecided": {"!= -0.6, == -0.7", 1, false},
		"the model objects":      {"== -0.01, != -6.0", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := modeltest.Parse("err [MASK] nil => " + c.says)
			if err != nil {
				t.Fatal(err)
			}
			table := alarming(t, c.threshold)
			f := treesitter.Parse("go", []byte(text))
			for _, all := range []bool{false, true} {
				findings, err := Check(context.Background(), m, f, Options{All: all, Table: table})
				if err != nil {
					t.Fatal(err)
				}
				reported := false
				for _, f := range findings {
					if f.Reported && f.Span.Start != at {
						t.Errorf("all = %v: reported %+v", all, f)
					}
					if f.Reported && f.Span.Start == at {
						reported = true
						if f.Suggestions[0].Text != "!=" || !strings.Contains(f.Message, "looks wrong") {
							t.Errorf("all = %v: %+v", all, f)
						}
					}
				}
				if reported != c.want {
					t.Errorf("all = %v: reported is %v, want %v", all, reported, c.want)
				}
			}
			if findings, err := Check(context.Background(), nil, f, Options{Table: table}); err != nil || len(findings) > 0 {
				t.Errorf("without a model: %v, %v", findings, err)
			}
			table.Alarm.Ask = 2
			if findings, err := Check(context.Background(), m, f, Options{Table: table}); err != nil || len(findings) > 0 {
				t.Errorf("nothing is suspected: %v, %v", findings, err)
			}
		})
	}
}

// TestLean: what is let go changes neither what the model is asked nor what is found.
func TestLean(t *testing.T) {
	text := "package p\n\nfunc f() error {\n" + strings.Repeat("\tif err := load(); err != nil {\n\t\treturn err\n\t}\n", 12) + "\tif err := write(); err == nil {\n\t\treturn err\n\t}\n\treturn nil\n}\n"
	f := treesitter.Parse("go", []byte(text))
	var asked []string
	var found []Finding
	for _, lean := range []bool{false, true} {
		m, err := modeltest.Parse("err [MASK] nil => != -0.01, == -6.0")
		if err != nil {
			t.Fatal(err)
		}
		e, err := Examine(context.Background(), m, f, Options{Lean: lean, Table: alarming(t, 1)})
		if err != nil {
			t.Fatal(err)
		}
		var queries []string
		for _, q := range m.Asked() {
			queries = append(queries, fmt.Sprintf("%+v", q))
		}
		findings := e.Findings(false)
		if !lean {
			asked, found = queries, findings
			continue
		}
		if !slices.Equal(queries, asked) || fmt.Sprint(findings) != fmt.Sprint(found) || len(found) != 1 {
			t.Errorf("asked %v and found %v; lean %v and %v", asked, found, queries, findings)
		}
		for i := range e.Len() {
			if e.Group(i) != groupOperator {
				t.Errorf("%s is kept, which was not suspected", e.Choices(i)[0])
			}
		}
	}
}

// TestBlend: the model's opinion of what was meant counts as much as the table says, and where it was not asked not at all.
func TestBlend(t *testing.T) {
	at := strings.LastIndex(rect, "y + width}}\n}\n") + len("y + ")
	for _, c := range []struct {
		weight float64
		ask    int
		first  bool
	}{{50, 0, true}, {0, 0, false}, {50, -1, false}} {
		m, err := modeltest.Parse("y + [MASK] => ok -0.01, height -9.0")
		if err != nil {
			t.Fatal(err)
		}
		var asked Model = m
		if c.ask < 0 {
			asked = nil
		}
		e, err := Examine(context.Background(), asked, treesitter.Parse("go", []byte(rect)), Options{All: true, MaxConfirm: 1000, Table: &rank.Table{Version: rank.Version, Blend: map[string]float64{"name": c.weight}}})
		if err != nil {
			t.Fatal(err)
		}
		i := e.At(at)
		if got := e.Suggestions(i)[0]; (got == "ok") != c.first {
			t.Errorf("%+v: %s is suggested, of %v", c, got, e.Suggestions(i))
		}
		sum := 0.0
		for k := 1; k < len(e.Choices(i)); k++ {
			sum += math.Exp(e.Repair(i, k))
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("%+v: the suggestions' probabilities sum to %v", c, sum)
		}
	}
}

// TestOnly: what is known of a site does not depend on which others are looked at.
func TestOnly(t *testing.T) {
	f := treesitter.Parse("go", []byte(rect))
	all, err := Examine(context.Background(), nil, f, Options{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all.Len() {
		span := all.Span(i)
		if all.Group(i) == GroupArguments {
			continue
		}
		one, err := Examine(context.Background(), nil, f, Options{All: true, Only: func(s treesitter.Span) bool { return s == span }})
		if err != nil || one.Len() != 1 {
			t.Fatalf("%d sites, %v", one.Len(), err)
		}
		for k := range one.Choices(0) {
			for n, v := range one.Known(0, k) {
				if w := all.Known(i, k)[n]; v != w && (v == v || w == w) {
					t.Errorf("%s: %v alone, %v among all", inputNames[n], v, w)
				}
			}
		}
	}
}

// TestWhatIsSeen: each thing that speaks for a mistake is seen where it is.
func TestWhatIsSeen(t *testing.T) {
	for _, c := range []struct {
		language, text, mark, choice string
		in                           input
		least                        float32
	}{
		{"python", "def f(a):\n    a.width = x.width\n    a.height = x.width @\n", "width @", "height", inVotes, 1},
		{"go", "package p\nfunc f(tcpPort, udpPort int) {\n\tserve(tcpPort, tcpLog)\n\tserve(udpPort, tcpLog)\n\tuse(udpLog, 1)\n}\n", "tcpLog)\n\tuse", "udpLog", inVotes, 1},
		{"python", "def f(left, right):\n    return left == left @\n", "left @", "left", inAcross, 1},
		{"javascript", "function f(width, height) {\n  return g({width: height});\n}\n", "height}", "width", inEcho, 2},
		{"python", "def size(width, height):\n    return 1\ndef g(width, h):\n    return size(h, h)\n", "h, h", "width", inEcho, 2},
		{"python", "def f(x):\n    results = []\n    result = x\n    return results\n", "results\n", "result", inIdle, 1},
		{"python", "def f(x):\n    results = []\n    result = x\n    return results\n", "results\n", "result", inRatio, 0.8},
		{"python", "def f(x):\n    g(x.a)\n    g(x.b)\n    g(x.b)\n", "b)\n    g", "b", inRepeats, 1},
	} {
		text := strings.ReplaceAll(c.text, " @", "")
		at := strings.LastIndex(text, strings.ReplaceAll(c.mark, " @", ""))
		e, err := Examine(context.Background(), nil, treesitter.Parse(c.language, []byte(text)), Options{All: true})
		if err != nil {
			t.Fatal(err)
		}
		i := e.At(at)
		if i < 0 {
			t.Errorf("%q: no site at %d", text, at)
			continue
		}
		k := slices.Index(e.Choices(i), c.choice)
		if k < 0 {
			t.Errorf("%q: %s is not among %v", text, c.choice, e.Choices(i))
		} else if got := e.Known(i, k)[c.in]; got < c.least {
			t.Errorf("%q: %s of %s is %v, want %v at least", text, inputNames[c.in], c.choice, got, c.least)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		a, b          string
		edits, shared float32
	}{{"results", "result", 1, 0}, {"newStat", "oldStat", 3, 1. / 3}, {"tcp_port", "udpPort", 3, 1. / 3}, {"ab", "ba", 1, 0}, {"x", "X", 0, 1}, {"HTTPServer", "http_server", 1, 1}} {
		if l := compare(c.a, c.b); l.edits != c.edits || math.Abs(float64(l.words-c.shared)) > 1e-6 {
			t.Errorf("%s and %s: %+v", c.a, c.b, l)
		}
	}
}

type failing struct{ modeltest.Fake }

func (*failing) Scan(context.Context, []model.ScanQuery) ([][]model.SiteScore, error) {
	return nil, errors.New("out of memory")
}

func TestErrors(t *testing.T) {
	f := treesitter.Parse("go", []byte(rect))
	if _, err := Check(context.Background(), &failing{modeltest.Fake{About: model.Info{Detect: true}}}, f, Options{All: true, Screen: true}); err == nil || err.Error() != "screening: out of memory" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Check(ctx, &modeltest.Fake{}, f, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if findings, err := Check(context.Background(), nil, f, Options{}); len(findings) > 0 || err != nil {
		t.Errorf("without a model: %v, %v", findings, err)
	}
}

// TestFewQueries: a check that reports asks the model about no more than a few percent of the sites.
func TestFewQueries(t *testing.T) {
	var text strings.Builder
	text.WriteString("package p\n")
	for range 40 {
		text.WriteString(strings.Split(rect, "\n\n")[1] + "\n\n")
	}
	fake := &modeltest.Fake{}
	f := treesitter.Parse("go", []byte(text.String()))
	findings, err := Check(context.Background(), fake, f, Options{})
	if err != nil || len(findings) > 0 {
		t.Fatalf("%v, %v", findings, err)
	}
	e, err := Examine(context.Background(), nil, f, Options{All: true})
	if err != nil {
		t.Fatal(err)
	}
	if all := e.Len(); len(fake.Asked()) > all/10 {
		t.Errorf("%d confirmed, of %d", len(fake.Asked()), all)
	}
}

func TestTimes(t *testing.T) {
	for odds, want := range map[float64]string{1.44: "1.4x", 12.2: "12x", 347: "340x", 5000: "over 1000x"} {
		if got := times(math.Log(odds)); got != want {
			t.Errorf("%v: %s, want %s", odds, got, want)
		}
	}
}

func TestUninformative(t *testing.T) {
	for text, want := range map[string]bool{"x": true, "ab2": true, "key": true, "arg1": true, "width": false, "width, height": false, "width, x": true, "p.key": true, "keys": false} {
		if got := uninformative(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("go", rect)
	f.Add("python", "def f(a, b):\n    return a.x if b is not a.x else g(a, b) # mlm-lsp: ignore\n")
	f.Add("typescript", "f(a.b, c); // mlm-lsp: ignore\nf(c, a.b)")
	f.Fuzz(func(t *testing.T, language, text string) {
		if len(text) > 4000 {
			return
		}
		findings, err := Check(context.Background(), &modeltest.Fake{}, treesitter.Parse(language, []byte(text)), Options{All: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range findings {
			if finding.Span.Start < 0 || finding.Span.Start >= finding.Span.End || finding.Span.End > len(text) || math.IsNaN(finding.Score) {
				t.Fatalf("%+v", finding)
			}
		}
	})
}

// TestScreen: the detection head looks at a file where the table asks what it says, and nowhere else.
func TestScreen(t *testing.T) {
	f := treesitter.Parse("go", []byte(rect))
	reads := func(name string) *rank.Table {
		forest, err := rank.NewForest([]string{name}, [][]rank.Node{{{Input: 0, Left: 1, Right: 2, Value: 1}, {Input: -1}, {Input: -1, Value: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		return &rank.Table{Version: rank.Version, Detect: forest}
	}
	for _, c := range []struct {
		table *rank.Table
		head  bool
		want  bool
	}{{reads("detect"), true, true}, {reads("detect"), false, false}, {reads("fit own"), true, false}, {&rank.Table{}, true, false}} {
		m := &modeltest.Fake{About: model.Info{Detect: c.head}}
		if _, err := Examine(t.Context(), m, f, Options{Table: c.table}); err != nil {
			t.Fatal(err)
		}
		if got := len(m.Scanned()) > 0; got != c.want {
			t.Errorf("with a head %v: scanned %v", c.head, got)
		}
	}
}
