package heat

import (
	"context"
	"errors"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/model/modeltest"
	"mlm-lsp/treesitter"
)

// text is what a reader of the page would copy.
func text(page string) string {
	_, page, _ = strings.Cut(page, "<pre>")
	page, _, _ = strings.Cut(page, "</pre>")
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, ""))
}

func TestPage(t *testing.T) {
	const source = "def f(a, b):  # a < b & \"c\"\n    s = '''one\n    <b>two</b>'''\n    return a <b\n"
	fake, err := modeltest.Parse(`return a [MASK] b => > -0.1, "</b>" -3, < -9`)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Page(context.Background(), fake, treesitter.Parse("python", []byte(source)), "a <b> & c.py")
	if err != nil {
		t.Fatal(err)
	}
	page := string(out)
	if got := text(page); got != source {
		t.Errorf("text %q, want %q", got, source)
	}
	for _, want := range []string{
		"<title>a &lt;b&gt; &amp; c.py</title>",
		`<b class=h6 data-t="operator, 13.0 bits (0.01%)` + "\n" + `   90%  &gt;` + "\n" + `    5%  &lt;/b&gt;` + "\n" + ` 0.01%  &lt;">&lt;</b>`,
		"<td>operator<td>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in %s", want, page)
		}
	}
	if n := strings.Count(page, "<span class=l>"); n != 5 {
		t.Errorf("%d lines", n)
	}
	for _, outside := range []string{"http:", "https:", "<script", "@import", "url("} {
		if strings.Contains(page, outside) {
			t.Errorf("the page contains %s", outside)
		}
	}
}

// What an editor draws has the places, colours and words of the page.
func TestTokens(t *testing.T) {
	const source = "def f(a, b):  # a < b\n    return a <b\n"
	fake, err := modeltest.Parse(`return a [MASK] b => > -0.1, == -3, < -9`)
	if err != nil {
		t.Fatal(err)
	}
	file := treesitter.Parse("python", []byte(source))
	tokens, err := Tokens(context.Background(), fake, file, treesitter.Span{End: len(source)})
	if err != nil {
		t.Fatal(err)
	}
	end, found := 0, false
	for _, token := range tokens {
		if token.Start < end || token.Level != level(token.Bits) || strings.HasPrefix(source[token.Start:], "#") {
			t.Errorf("token %+v behind %d", token, end)
		}
		end = token.End
		if source[token.Start:token.End] == "<" {
			found = true
			if token.Level != len(Legend())-1 || token.Text != "operator, 13.0 bits (0.01%)\n   90%  >…" {
				t.Errorf("token %+v", token)
			}
		}
	}
	if !found || Legend()[0] != "0 to 1" || Legend()[len(levels)] != "over 11" {
		t.Errorf("%d tokens, legend %q", len(tokens), Legend())
	}
}

// Of a part, only the windows around it are asked about, and they say what they say of the whole.
func TestTokensOfAPart(t *testing.T) {
	source := strings.Repeat("def f(a, b):\n    return a < b\n\n\n", 200)
	file := treesitter.Parse("python", []byte(source))
	fake, err := modeltest.Parse(`return a [MASK] b => > -0.1, < -9`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Tokens(context.Background(), fake, file, treesitter.Span{End: len(source)})
	if err != nil {
		t.Fatal(err)
	}
	part := treesitter.Span{Start: 3000, End: 3500}
	some, err := Tokens(context.Background(), fake, file, part)
	if err != nil {
		t.Fatal(err)
	}
	if len(some) == 0 || some[0].Start > part.Start+20 || some[0].Start < part.Start-scanBytes || some[len(some)-1].End < part.End-20 || some[len(some)-1].End > part.End+scanBytes {
		t.Fatalf("%d tokens of %d", len(some), len(all))
	}
	at := slices.IndexFunc(all, func(t Token) bool { return t.Start == some[0].Start })
	for i := range some {
		if some[i].Span != all[at+i].Span || some[i].Bits != all[at+i].Bits {
			t.Fatalf("%+v in the part, %+v in the whole", some[i], all[at+i])
		}
	}
}

type failing struct{ modeltest.Fake }

func (*failing) Scan(context.Context, []model.ScanQuery) ([][]model.SiteScore, error) {
	return nil, errors.New("out of memory")
}

func TestError(t *testing.T) {
	_, err := Page(context.Background(), &failing{}, treesitter.Parse("go", []byte("package p")), "p.go")
	if err == nil || err.Error() != "scanning p.go: out of memory" {
		t.Errorf("%v", err)
	}
}

func FuzzPage(f *testing.F) {
	f.Add("go", "package p\n\tvar s = `a\n<b>`\r\n")
	f.Add("nothing", "<\x00\xff>")
	f.Fuzz(func(t *testing.T, language, source string) {
		if len(source) > 3000 {
			return
		}
		out, err := Page(context.Background(), &modeltest.Fake{}, treesitter.Parse(language, []byte(source)), source)
		if err != nil {
			t.Fatal(err)
		}
		_, code, _ := strings.Cut(string(out), "<pre>")
		if strings.Contains(code, "<script") || strings.Count(code, "<b ") != strings.Count(code, "</b>") || strings.Count(code, "<span") != strings.Count(code, "</span>") {
			t.Fatalf("%q", code)
		}
	})
}
