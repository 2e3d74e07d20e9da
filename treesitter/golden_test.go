package treesitter

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the goldens under testdata")

// TestGolden parses the first file of each archive in testdata and compares
// what is found in it with the archive's other files.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) < len(Languages()) {
		t.Fatalf("%d archives: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			source := archive.Files[0]
			lang := LanguageOf(source.Name)
			if lang == "" {
				t.Fatalf("%s is in no known language", source.Name)
			}
			got := render(Parse(lang, source.Data))
			want := map[string]string{}
			for _, f := range archive.Files[1:] {
				want[f.Name] = string(f.Data)
			}
			archive.Files = archive.Files[:1]
			for _, section := range got {
				if !*update && want[section.Name] != string(section.Data) {
					t.Errorf("%s of %s: %s", section.Name, source.Name, firstDifference(string(section.Data), want[section.Name]))
				}
				delete(want, section.Name)
				archive.Files = append(archive.Files, section)
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if len(want) > 0 {
				t.Errorf("goldens without a section: %v", want)
			}
		})
	}
}

func firstDifference(got, want string) string {
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range gotLines {
		if i >= len(wantLines) || gotLines[i] != wantLines[i] {
			w := "nothing"
			if i < len(wantLines) {
				w = wantLines[i]
			}
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i+1, gotLines[i], w)
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(gotLines), len(wantLines))
}

// render shows a File as text, a section for each of its parts.
func render(f *File) []txtar.File {
	var sections []txtar.File
	section := func(name string, write func(b *strings.Builder)) {
		var b strings.Builder
		write(&b)
		if b.Len() > 0 {
			sections = append(sections, txtar.File{Name: name, Data: []byte(b.String())})
		}
	}
	text := func(s Span) string { return strings.ReplaceAll(string(f.Text[s.Start:s.End]), "\n", "⏎") }
	line := func(offset int) int { return 1 + strings.Count(string(f.Text[:offset]), "\n") }

	// A line of the source is a line here. Punctuation stands as it is, other
	// tokens as kind:text, with ! if declaring and <receiver behind.
	section("tokens", func(b *strings.Builder) {
		last := 0
		for _, k := range f.Tokens {
			if n := line(k.Start); n != last {
				if last > 0 {
					b.WriteString("\n")
				}
				fmt.Fprintf(b, "%d", n)
				last = n
			}
			b.WriteString(" ")
			if k.Kind != KindPunctuation {
				if k.Declaring {
					b.WriteString("!")
				}
				b.WriteString(k.Kind.String())
				if k.Subkind != SubkindNone {
					b.WriteString("." + k.Subkind.String())
				}
				b.WriteString(":")
			}
			b.WriteString(text(k.Span))
			if k.Receiver.Len() > 0 {
				b.WriteString("<" + text(k.Receiver))
			}
			if k.InError {
				b.WriteString("(error)")
			}
		}
		b.WriteString("\n")
	})
	section("scopes", func(b *strings.Builder) {
		depth := make([]int, len(f.Scopes))
		for i, s := range f.Scopes {
			if s.Parent >= 0 {
				depth[i] = depth[s.Parent] + 1
			}
			fmt.Fprintf(b, "%s%d-%d %s:", strings.Repeat("  ", depth[i]), line(s.Start), line(s.End), s.Kind)
			for _, d := range s.Definitions {
				from := fmt.Sprintf("%d", line(d.Visible))
				if d.Visible == s.Start {
					from = "*"
				}
				fmt.Fprintf(b, " %s(%s %s)", d.Name, d.Kind, from)
			}
			b.WriteString("\n")
		}
	})
	section("types", func(b *strings.Builder) {
		for _, s := range f.TypeSites {
			fmt.Fprintf(b, "%d %s %s: ", line(s.Start), s.Kind, s.Symbol)
			if s.Existing != "" {
				fmt.Fprintf(b, "%s\n", text(s.Span))
			} else {
				start := max(0, s.Start-12)
				fmt.Fprintf(b, "behind `%s`\n", text(Span{start, s.Start}))
			}
		}
	})
	section("calls", func(b *strings.Builder) {
		for _, c := range f.Calls {
			fmt.Fprintf(b, "%d %s", line(c.Start), text(c.Callee))
			for _, a := range c.Arguments {
				fmt.Fprintf(b, " | %s", text(a))
			}
			if !c.Complete {
				b.WriteString(" | ...")
			}
			b.WriteString("\n")
		}
	})
	section("declarations", func(b *strings.Builder) {
		for _, d := range f.Declarations {
			fmt.Fprintf(b, "%d-%d %s: %s\n", line(d.Start), line(d.End), d.Name, text(d.Header))
		}
	})
	section("imports", func(b *strings.Builder) {
		for _, s := range f.Imports {
			fmt.Fprintf(b, "%s\n", text(s))
		}
	})
	section("errors", func(b *strings.Builder) {
		for _, s := range f.Errors {
			fmt.Fprintf(b, "%d `%s`\n", line(s.Start), text(s))
		}
	})
	return sections
}
