package lsp

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/internal/marker"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// startTyping starts a server that shows types readily.
func startTyping(t testing.TB, opts Options, config fakeeditor.Config, change ...func(*server)) *fakeeditor.Editor {
	t.Helper()
	s := newServer(opts)
	s.typeTable, s.typesAsk = marker.Showing(0.02), true
	s.hinting = time.Hour
	for _, c := range change {
		c(s)
	}
	config.Progress = true
	begun := make(chan struct{})
	open := s.opts.Open
	s.opts.Open = func(ctx context.Context, report func(string)) (Model, error) { <-begun; return open(ctx, report) }
	e := fakeeditor.Start(t, s.serve, config)
	e.ProgressBegun(fakeeditor.Loading)
	close(begun)
	e.Progress(fakeeditor.Loading)
	return e
}

// orders has bare sites of all kinds, and annotations that say what their names are.
const orders = `from decimal import Decimal


class First:
    def __init__(self, buyer: str, ready: bool) -> None:
        self.buyer: str = buyer

    def pay(self, amount: Decimal) -> Decimal: return amount


class Order:
    def __init__(self, sign='𝄞', ready=False): self.buyer = None

    def paid(self, amount, note=None):
        total = amount
        return total
`

// errorsIn is how many errors a text has.
func errorsIn(language, text string) int { return len(treesitter.Parse(language, []byte(text)).Errors) }

// Hints stand behind what they annotate, and taking them leaves a text that parses and has the annotations, whatever the editor can do.
func TestInlayHints(t *testing.T) {
	for _, config := range []fakeeditor.Config{
		{Hints: true}, {Hints: true, Encodings: []protocol317.PositionEncodingKind{protocol317.UTF8}}, {Hints: true, Resolves: true}, {},
	} {
		t.Run(fmt.Sprintf("asks %v, resolves %v, %v", config.Hints, config.Resolves, config.Encodings), func(t *testing.T) {
			e := startTyping(t, quick(&scripted{predict: prefer("Decimal")}), config)
			e.Open(file, "python", orders)
			hints := e.Hints(file)
			if len(hints) < 4 {
				t.Fatalf("hints %+v", hints)
			}
			for i := len(hints) - 1; i >= 0; i-- {
				h := hints[i]
				if before := orders[:h.At]; !regexp.MustCompile(`(\w|\))$`).MatchString(before) || strings.HasPrefix(orders[h.At:], ":") != strings.HasPrefix(h.Label, "-> ") {
					t.Errorf("the hint %q stands behind %q", h.Label, before[max(0, len(before)-20):])
				}
			}
			for {
				hints := e.Hints(file)
				if len(hints) == 0 {
					break
				}
				h := hints[len(hints)-1]
				if config.Resolves {
					var err error
					if h, err = e.ResolveHint(file, h); err != nil {
						t.Fatal(err)
					}
				}
				if !strings.HasPrefix(h.Tooltip, "Likely types of ") || !strings.Contains(h.Tooltip, "%") {
					t.Errorf("tooltip %q", h.Tooltip)
				}
				e.TakeHint(file, h)
				text := e.Text(file)
				if errorsIn("python", text) != 0 || !strings.Contains(text, strings.TrimSuffix(h.Label, "…")) {
					t.Fatalf("after %+v:\n%s", h, text)
				}
			}
			e.Close()
		})
	}
}

// A hint that needs an import writes it, once.
func TestHintsImport(t *testing.T) {
	directory := t.TempDir()
	place(t, directory, "pay.py", "from decimal import Decimal\n\n\ndef pay(amount: Decimal, price: Decimal) -> Decimal:\n    return amount\n")
	const text = "\"\"\"Refunds.\"\"\"\n\n\ndef refund(amount, price):\n    return amount.quantize(price)\n"
	name := place(t, directory, "refund.py", text)
	opts := quick(&scripted{predict: prefer("Decimal")})
	opts.Files = func(context.Context, string) ([]string, error) {
		return []string{filepath.Join(directory, "pay.py"), filepath.Join(directory, "refund.py")}, nil
	}
	e := startTyping(t, opts, fakeeditor.Config{Hints: true, Folders: []string{uriOf(directory)}})
	e.Open(name, "python", text)
	for range 2 {
		hints := e.Hints(name)
		i := slices.IndexFunc(hints, func(h fakeeditor.Hint) bool { return h.Label == ": Decimal" })
		if i < 0 {
			t.Fatalf("hints %+v", hints)
		}
		e.TakeHint(name, hints[i])
	}
	if got := e.Text(name); errorsIn("python", got) != 0 || strings.Count(got, "from decimal import Decimal\n") != 1 || !strings.Contains(got, "(amount: Decimal, price: Decimal)") {
		t.Errorf("taken:\n%s", got)
	}
	e.Close()
}

// Of JavaScript the hints write comments.
func TestHintsInJavaScript(t *testing.T) {
	const text = "/** @param {number} size */\nfunction first(size) {\n  return size * 2;\n}\n\nfunction second(size) {\n  return size + 1;\n}\n"
	e := startTyping(t, quick(&scripted{predict: prefer("number")}), fakeeditor.Config{Hints: true})
	e.Open("file:///a.js", "javascript", text)
	hints := e.Hints("file:///a.js")
	i := slices.IndexFunc(hints, func(h fakeeditor.Hint) bool { return strings.HasPrefix(text[h.At:], ") {\n  return size + 1") })
	if i < 0 || hints[i].Label != ": number" {
		t.Fatalf("hints %+v", hints)
	}
	e.TakeHint("file:///a.js", hints[i])
	if got := e.Text("file:///a.js"); !strings.Contains(got, "@param {number} size\n") || errorsIn("javascript", got) != 0 {
		t.Errorf("taken:\n%s", got)
	}
	e.Close()
}

// What an editor, its user or the project does not want is not shown, and the answer is an empty list.
func TestHintsThatNobodyWants(t *testing.T) {
	labels := func(e *fakeeditor.Editor) string {
		var list []string
		for _, h := range e.Hints(file) {
			list = append(list, orders[max(0, h.At-7):h.At])
		}
		return strings.Join(list, ", ")
	}
	e := startTyping(t, quick(&scripted{}), fakeeditor.Config{Hints: true})
	e.Open(file, "python", orders)
	all := labels(e)
	e.Close()
	for key, value := range map[string]any{
		"types.enable": false, "types.parameters": false, "types.returns": false, "types.fields": false, "types.variables": false, "types.disabledLanguages": []string{"python"},
		"files.maxSize": 10,
	} {
		t.Run(key, func(t *testing.T) {
			section, name, _ := strings.Cut(key, ".")
			e := startTyping(t, quick(&scripted{}), fakeeditor.Config{Hints: true, InitializationOptions: map[string]any{section: map[string]any{name: value}}})
			e.Open(file, "python", orders)
			got := labels(e)
			if whole := key == "types.enable" || key == "types.disabledLanguages" || key == "files.maxSize"; whole != (got == "") || len(got) > len(all) || got == all && key != "types.variables" {
				t.Errorf("hints behind %q, all are %q", got, all)
			}
			e.Close()
		})
	}
	t.Run("paused", func(t *testing.T) {
		e := startTyping(t, quick(&scripted{}), fakeeditor.Config{Hints: true})
		e.Open(file, "python", orders)
		before := labels(e)
		if err := e.Execute(commandPause, nil); err != nil {
			t.Error(err)
		}
		e.Rehinted(1)
		if got := labels(e); got != "" {
			t.Errorf("paused: %q", got)
		}
		if err := e.Execute(commandResume, nil); err != nil {
			t.Error(err)
		}
		e.Rehinted(2)
		if got := labels(e); got != before {
			t.Errorf("resumed: %q, was %q", got, before)
		}
		e.Close()
	})
	t.Run("no model", func(t *testing.T) {
		opts := quick(nil)
		opts.Open = func(context.Context, func(string)) (Model, error) { return nil, errors.New("there is none") }
		e := start(t, opts, fakeeditor.Config{Hints: true})
		e.Open(file, "python", orders)
		if got := labels(e); got != "" {
			t.Errorf("hints %q", got)
		}
		e.Message()
		e.Close()
	})
	t.Run("another language", func(t *testing.T) {
		e := startTyping(t, quick(&scripted{}), fakeeditor.Config{Hints: true})
		e.Open("file:///a.go", "go", "package a\n\nfunc f(a int) {}\n")
		e.Open("file:///a.txt", "plaintext", "text")
		if got := append(e.Hints("file:///a.go"), e.Hints("file:///a.txt")...); len(got) != 0 {
			t.Errorf("hints %+v", got)
		}
		e.Close()
	})
	t.Run("generated", func(t *testing.T) {
		e := startTyping(t, quick(&scripted{}), fakeeditor.Config{Hints: true})
		e.Open(file, "python", "# Code generated by a machine. DO NOT EDIT.\n"+orders)
		if got := e.Hints(file); len(got) != 0 {
			t.Errorf("hints %+v", got)
		}
		e.Close()
	})
}

// bareFunctions is a file of so many functions with bare parameters.
func bareFunctions(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "def measure%[1]d(width, height, unit=None):\n    total = width * height + %[1]d\n    return total, unit\n\n\n# %[2]s\n", i, strings.Repeat("far apart ", 150))
	}
	return b.String()
}

// After an edit the model is asked about the sites of the function that was edited and about no others, and what was shown of those moves with them.
func TestEditAsksAboutItsTypesOnly(t *testing.T) {
	m := &remembering{known: map[string]bool{}}
	e := startTyping(t, quick(m), fakeeditor.Config{Hints: true, InitializationOptions: quietly()})
	text := bareFunctions(6)
	e.Open(file, "python", text)
	shown := len(e.Hints(file))
	all := len(m.since())
	if all == 0 || shown == 0 {
		t.Fatalf("%d questions, %d hints", all, shown)
	}
	e.Hints(file)
	if again := m.since(); len(again) != 0 {
		t.Errorf("%d questions about the same text", len(again))
	}
	at := strings.Index(text, "total = width * height + 3")
	e.Edit(file, fakeeditor.Edit{Start: at, End: at, Text: "width += unit\n    "})
	hints := e.Hints(file)
	again := m.since()
	if len(again) == 0 || len(again) > all/3 {
		t.Errorf("%d questions after an edit, %d at first", len(again), all)
	}
	for _, window := range again {
		if !strings.Contains(window, "+ 3") {
			t.Errorf("an edit of measure3 asks about\n%s", window)
		}
	}
	for _, h := range hints {
		if before := e.Text(file)[:h.At]; !regexp.MustCompile(`(\w|\))$`).MatchString(before) {
			t.Errorf("after the edit, %q stands behind %q", h.Label, before[len(before)-10:])
		}
	}
	// What the file imports may change every site.
	e.Edit(file, fakeeditor.Edit{Text: "import math\n"})
	e.Hints(file)
	e.Close()
}

// A request is answered for the version that it asked about, or not at all: an edit sends it away, and so does a second one.
func TestHintsOfAnOlderVersion(t *testing.T) {
	asked, release := make(chan struct{}, 100), make(chan struct{})
	m := &scripted{predict: func(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
		asked <- struct{}{}
		select {
		case <-release:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return prefer("Decimal")(ctx, qs)
	}}
	e := startTyping(t, quick(m), fakeeditor.Config{Hints: true, Resolves: true, InitializationOptions: quietly()})
	e.Open(file, "python", orders)
	goHints := func() *fakeeditor.Pending {
		return e.Go(protocol317.MethodInlayHint, e.HintParams(file, 0, len(e.Text(file))))
	}
	first := goHints()
	<-asked
	e.Edit(file, fakeeditor.Edit{Text: "# one\n"})
	second := goHints()
	<-asked
	e.Edit(file, fakeeditor.Edit{Text: "# two\n"}, fakeeditor.Edit{Start: len(e.Text(file)), End: len(e.Text(file)), Text: "# three\n"})
	for _, p := range []*fakeeditor.Pending{first, second} {
		var wire *fakeeditor.Error
		if err := e.Wait(p, nil); !errors.As(err, &wire) || wire.Code != int(protocol317.CodeContentModified) {
			t.Errorf("hints of a text that is another by now: %v", err)
		}
	}
	close(release)
	hints := e.Hints(file)
	for _, h := range hints {
		if line := e.Text(file)[strings.LastIndexByte(e.Text(file)[:h.At], '\n')+1:]; strings.HasPrefix(line, "#") {
			t.Errorf("the hint %q stands in a comment", h.Label)
		}
	}
	e.Edit(file, fakeeditor.Edit{Text: "# four\n"})
	if _, err := e.ResolveHint(file, hints[0]); err == nil {
		t.Error("a hint of a text that is another by now has edits")
	}
	e.CloseDocument(file)
	e.Close()
}

// Where it takes long, an editor that can be told to ask again has what there is, and is told when there is more; another one waits.
func TestHintsThatComeLate(t *testing.T) {
	release := make(chan struct{})
	m := &scripted{predict: func(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
		select {
		case <-release:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return prefer("Decimal")(ctx, qs)
	}}
	e := startTyping(t, quick(m), fakeeditor.Config{Hints: true, InitializationOptions: quietly()}, func(s *server) { s.hinting = time.Millisecond })
	e.Open(file, "python", orders)
	if got := e.Hints(file); len(got) != 0 {
		t.Errorf("hints though the model has not answered: %+v", got)
	}
	close(release)
	e.Rehinted(1)
	for times := 1; len(e.Hints(file)) == 0; {
		times++
		e.Rehinted(times)
	}
	e.Close()
}

// What other files define and annotate changes hints: an editor is told when the index has read them, however many they are once in a while, and shows until then what it had.
func TestHintsFollowTheIndex(t *testing.T) {
	directory := t.TempDir()
	const text = "def refund(amount, price):\n    return amount.quantize(price)\n"
	name := place(t, directory, "refund.py", text)
	opts := quick(&scripted{predict: prefer("Money")})
	opts.Files = listPython
	e := startTyping(t, opts, fakeeditor.Config{Hints: true, Watches: true, Folders: []string{uriOf(directory)}}, atOnce, func(s *server) { s.rehinting = 300 * time.Millisecond })
	e.Registered(protocol.MethodWorkspaceDidChangeWatchedFiles)
	e.Open(name, "python", text)
	money := func() bool {
		return slices.ContainsFunc(e.Hints(name), func(h fakeeditor.Hint) bool { return strings.Contains(h.Label, "Money") })
	}
	if money() {
		t.Fatal("a class that nobody defines is hinted")
	}
	began := time.Now()
	for i := range 5 {
		file, text := fmt.Sprintf("pay%d.py", i), "from pay0 import Money\n"
		if i == 0 {
			text = "class Money: pass\n"
		}
		place(t, directory, file, text+"\n\ndef pay(amount: Money, price: Money) -> Money:\n    return amount\n")
		e.Watched(uriOf(filepath.Join(directory, file)))
	}
	times := 1
	for e.Rehinted(times); !money(); e.Rehinted(times) {
		times++
	}
	if most := 2 + int(time.Since(began)/(300*time.Millisecond)); times > most {
		t.Errorf("told %d times in %v, want at most %d", times, time.Since(began), most)
	}
	e.Close()
}

// What the index has read while the sites of a new version are listed counts for these, too: none of what was known is carried over.
func TestIndexReadsWhileSitesAreListed(t *testing.T) {
	s := newServer(quick(nil))
	s.rehinted, s.rehinting = time.Now(), time.Hour // the editor is not told yet
	var listing func(context.Context)
	s.spawn = func(work func(context.Context)) context.CancelFunc { listing = work; return func() {} }
	f := &folder{path: "/project"}
	s.folders = []*folder{f}
	doc := &document{snapshot: s.newSnapshot(file, 2, "python", []byte(orders))}
	s.documents[file] = doc
	before := s.newSnapshot(file, 1, "python", []byte(orders+"\n"))
	doc.types.of, doc.types.sites = before, listSites(before, typing{})
	for i := range doc.types.sites {
		doc.types.sites[i].known = true
	}
	s.list(doc)
	s.retypeAll(f)
	go listing(t.Context())
	(<-s.events)()
	if doc.types.of != doc.snapshot || len(doc.types.sites) == 0 {
		t.Fatalf("%d sites", len(doc.types.sites))
	}
	if i := slices.IndexFunc(doc.types.sites, func(b bareSite) bool { return b.known }); i >= 0 {
		t.Errorf("`%s` is what it was before the index read", doc.types.sites[i].Symbol)
	}
}

// Who closes a document, or cancels, leaves nobody waiting.
func TestHintsNobodyWaitsFor(t *testing.T) {
	m := &scripted{predict: func(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	e := startTyping(t, quick(m), fakeeditor.Config{Hints: true, InitializationOptions: quietly()})
	e.Open(file, "python", orders)
	cancelled := e.Go(protocol317.MethodInlayHint, e.HintParams(file, 0, len(orders)))
	e.Cancel(cancelled)
	if err := e.Wait(cancelled, nil); err == nil {
		t.Error("cancelled, and answered")
	}
	closed := e.Go(protocol317.MethodInlayHint, e.HintParams(file, 0, len(orders)))
	e.CloseDocument(file)
	var hints []protocol317.InlayHint
	if err := e.Wait(closed, &hints); err != nil || len(hints) != 0 {
		t.Errorf("hints of a document that is closed: %v, %v", hints, err)
	}
	e.Close()
}

// A union of types reads in a list as it is written in code: only in a table does a bar need an escape.
func TestUnionInAList(t *testing.T) {
	suggestion := &typeinfer.Suggestion{Site: typeinfer.Site{Symbol: "path"}, Candidates: []typeinfer.Candidate{{Type: "str | Path", Probability: 0.8}}}
	if got, want := typesText(suggestion, true), "Likely types of `path`:\n\n- `str | Path` 80%\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A hint shows thirty characters at most, however long its type is and whatever its letters are; its edits and tooltip have the whole.
func TestHintsAreShort(t *testing.T) {
	const long = "dict[str, list[tuple[int, Bestellungspreisübersicht]]]"
	s := newServer(Options{})
	snap := s.newSnapshot(file, 1, "python", []byte("def f():\n    return g()\n"))
	site := typeinfer.Sites(snap.file())[0]
	h := s.hint(snap, &typeinfer.Suggestion{Site: site, Candidates: []typeinfer.Candidate{{Type: long, Probability: 0.9, Evidence: []string{"returns `g`"}}}}, false)
	if n := len([]rune(h.Label)); n != longestHint || !strings.HasSuffix(h.Label, "…") {
		t.Errorf("%d characters: %s", n, h.Label)
	}
	if tooltip := h.Tooltip.Value; !strings.Contains(tooltip, long) || !strings.Contains(tooltip, "90%") || !strings.Contains(tooltip, "returns `g`") {
		t.Errorf("tooltip %s", tooltip)
	}
	if len(h.TextEdits) != 1 || !strings.Contains(h.TextEdits[0].NewText, long) {
		t.Errorf("edits %+v", h.TextEdits)
	}
}
