package lsp

import (
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
)

// watched starts a server whose documents the test can look at.
func watched(t testing.TB, config fakeeditor.Config) (*fakeeditor.Editor, *server) {
	t.Helper()
	s := newServer(quick(&scripted{}))
	e := fakeeditor.Start(t, func(ctx context.Context, stream io.ReadWriteCloser) error { return s.serve(ctx, stream) }, config)
	return e, s
}

// held is the server's idea of a document, after all that the editor has sent before.
func held(t testing.TB, e *fakeeditor.Editor, s *server, name string) (text string, version int32, open bool) {
	t.Helper()
	_ = e.Call("test/barrier", nil, nil) // answered in order
	seen := make(chan struct{})
	s.post(func() {
		if doc := s.documents[protocolURI(name)]; doc != nil {
			text, version, open = string(doc.text), doc.version, true
		}
		close(seen)
	})
	<-seen
	return text, version, open
}

func checkHeld(t testing.TB, e *fakeeditor.Editor, s *server, name string) {
	t.Helper()
	text, version, open := held(t, e, s, name)
	if !open || text != e.Text(name) || version != e.Version(name) {
		t.Fatalf("the server holds version %d: %q\nthe editor %d: %q", version, text, e.Version(name), e.Text(name))
	}
}

func TestTextSynchronization(t *testing.T) {
	for _, encoding := range encodings {
		t.Run(string(encoding), func(t *testing.T) {
			e, s := watched(t, fakeeditor.Config{Encodings: []protocol317.PositionEncodingKind{encoding}})
			const text = "x = '𝄞ß'\r\ny = x\r\n"
			e.Open(file, "python", text)
			checkHeld(t, e, s, file)
			clef := strings.Index(text, "𝄞")
			for _, edits := range [][]fakeeditor.Edit{
				{{Start: 0, End: 0, Text: "# 𝄞\n"}},
				{{Start: clef + 7, End: clef + 11, Text: "𝄞𝄞"}, {Start: clef + 11, End: clef + 15, Text: ""}}, // in the text that the first left
				{{Start: 7, End: 7, Text: "\n"}},
				{}, // a version without a change
			} {
				e.Edit(file, edits...)
				checkHeld(t, e, s, file)
			}
			end := len(e.Text(file))
			e.Edit(file, fakeeditor.Edit{Start: end, End: end, Text: "end"})
			checkHeld(t, e, s, file)
			e.Edit(file, fakeeditor.Edit{Start: 0, End: end + 3, Text: ""})
			checkHeld(t, e, s, file)
			e.SetText(file, "whole\n")
			checkHeld(t, e, s, file)
			e.SetText(file, "")
			checkHeld(t, e, s, file)
			e.Open(file, "python", "opened twice")
			checkHeld(t, e, s, file)
			e.CloseDocument(file)
			if _, _, open := held(t, e, s, file); open {
				t.Error("a closed document is held")
			}
			e.Open("untitled:Untitled-1", "python", "not a file")
			checkHeld(t, e, s, "untitled:Untitled-1")
			e.Close()
		})
	}
}

// alphabet is what random texts are made of: each width in each encoding, and all that looks like the end of a line.
var alphabet = []string{"a", "b", " ", "\n", "\r\n", "\r", "ß", "→", "𝄞", "e\u0301", "\u2028", "\x00", "\ufeff", "\t"}

// randomEdit cuts at places where characters begin.
func randomEdit(random *rand.Rand, text string) fakeeditor.Edit {
	place := func() int {
		at := random.IntN(len(text) + 1)
		for at < len(text) && !utf8.RuneStart(text[at]) {
			at++
		}
		return at
	}
	edit := fakeeditor.Edit{Start: place()}
	edit.End = edit.Start
	if random.IntN(2) == 0 {
		other := place()
		edit.Start, edit.End = min(edit.Start, other), min(max(edit.Start, other), min(edit.Start, other)+12)
		for edit.End < len(text) && !utf8.RuneStart(text[edit.End]) {
			edit.End++
		}
	}
	for range random.IntN(6) {
		edit.Text += alphabet[random.IntN(len(alphabet))]
	}
	return edit
}

func TestRandomEdits(t *testing.T) {
	for _, encoding := range encodings {
		t.Run(string(encoding), func(t *testing.T) {
			e, s := watched(t, fakeeditor.Config{Encodings: []protocol317.PositionEncodingKind{encoding}})
			e.Open(file, "plaintext", strings.Repeat(python, 3))
			random := rand.New(rand.NewPCG(1, 2))
			for i := 0; i < many(t, 5000); {
				var edits []fakeeditor.Edit
				text := e.Text(file)
				for range 1 + random.IntN(3) {
					edit := randomEdit(random, text)
					text = text[:edit.Start] + edit.Text + text[edit.End:]
					edits = append(edits, edit)
					i++
				}
				e.Edit(file, edits...)
				if i%10 == 0 {
					checkHeld(t, e, s, file)
				}
			}
			checkHeld(t, e, s, file)
			e.Close()
		})
	}
}

func FuzzEdits(f *testing.F) {
	f.Add("ab\r\n𝄞", uint64(1), true)
	f.Add("", uint64(2), false)
	f.Fuzz(func(t *testing.T, text string, seed uint64, wide bool) {
		text = strings.ToValidUTF8(text, "\ufffd") // JSON carries no other
		encoding := protocol317.UTF8
		if wide {
			encoding = protocol317.UTF16
		}
		e, s := watched(t, fakeeditor.Config{Encodings: []protocol317.PositionEncodingKind{encoding}})
		e.Open(file, "plaintext", text)
		random := rand.New(rand.NewPCG(seed, 0))
		for range 8 {
			e.Edit(file, randomEdit(random, e.Text(file)))
			checkHeld(t, e, s, file)
		}
		e.Close()
	})
}

func TestLanguageOf(t *testing.T) {
	for _, test := range []struct{ id, uri, want string }{
		{"go", "file:///a", "go"},
		{"typescriptreact", "file:///a", "tsx"},
		{"javascriptreact", "file:///a", "javascript"},
		{"mine", "file:///a%20b.py", "python"},
		{"mine", "untitled:a.py", ""},
		{"", "://", ""},
		{"plaintext", "file:///a.unknown", ""},
	} {
		if got := languageOf(protocolLanguage(test.id), protocolURI(test.uri)); got != test.want {
			t.Errorf("%q at %s is %q, want %q", test.id, test.uri, got, test.want)
		}
	}
}
