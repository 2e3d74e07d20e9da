package lsp

import (
	"context"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/model"
)

// The tokens stand where the editor, which counts in its own way, has them.
func TestSurprise(t *testing.T) {
	const source = "名 = '𝄞' + nothing\n"
	m := &scripted{scan: func(_ context.Context, qs []model.ScanQuery) ([][]model.SiteScore, error) {
		var scores [][]model.SiteScore
		for _, q := range qs {
			var of []model.SiteScore
			for _, site := range q.Sites {
				logProb := -0.01
				if q.Text[site.Start:site.End] == "nothing" {
					logProb = -6
				}
				of = append(of, model.SiteScore{LogProb: logProb, Best: "some", BestLogProb: -0.2})
			}
			scores = append(scores, of)
		}
		return scores, nil
	}}
	for _, encoding := range []protocol317.PositionEncodingKind{protocol317.UTF8, protocol317.UTF16} {
		e := startWithModel(t, quick(m), fakeeditor.Config{Encodings: []protocol317.PositionEncodingKind{encoding}, InitializationOptions: quietly()})
		e.Open(file, "python", source)
		var got protocol317.Surprise
		if err := e.Execute(commandSurprise, &got, file); err != nil {
			t.Fatal(err)
		}
		want := e.PositionParams(file, strings.Index(source, "nothing")).Position
		last := got.Tokens[len(got.Tokens)-1]
		if last.Range.Start != want || last.Range.End.Character != want.Character+7 || last.Bits != 8.66 || got.Legend[last.Level] != "8 to 11" || !strings.HasPrefix(last.Text, "variable, 8.7 bits (0.25%)\n   82%  some") {
			t.Errorf("%s: %+v, want it at %v", encoding, last, want)
		}
		for _, token := range got.Tokens[:len(got.Tokens)-1] {
			if token.Level != 0 {
				t.Errorf("%+v surprises", token)
			}
		}
		if got.Version != e.Version(file) || len(got.Tokens) != 5 || len(got.Legend) != 7 {
			t.Errorf("version %d, %d tokens, legend %q", got.Version, len(got.Tokens), got.Legend)
		}
		e.Close()
	}
}

// A part of a long document is there before the whole, for what the user sees at once.
func TestSurpriseOfAPart(t *testing.T) {
	source := strings.Repeat(python+"\n", 100)
	e := startWithModel(t, quick(&scripted{}), fakeeditor.Config{InitializationOptions: quietly()})
	e.Open(file, "python", source)
	var all, some protocol317.Surprise
	part := protocol.Range{Start: protocol.Position{Line: 300}, End: protocol.Position{Line: 303}}
	if err := e.Execute(commandSurprise, &all, file); err != nil {
		t.Fatal(err)
	}
	if err := e.Execute(commandSurprise, &some, file, part); err != nil {
		t.Fatal(err)
	}
	if n := len(some.Tokens); n == 0 || n > len(all.Tokens)/5 || some.Tokens[0].Range.Start.Line > 300 || some.Tokens[n-1].Range.End.Line < 302 {
		t.Errorf("%d tokens of %d: %+v", n, len(all.Tokens), some.Tokens)
	}
	wantCode(t, e.Execute(commandSurprise, nil, file, part, 1), -32602, "too many arguments")
	e.Close()
}

// An edit, the document's end, its progress and the request itself end the work, each with its own answer.
func TestSurpriseOfWhatIsAnother(t *testing.T) {
	asked := make(chan struct{}, 10)
	m := &scripted{scan: func(ctx context.Context, _ []model.ScanQuery) ([][]model.SiteScore, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	e := startWithModel(t, quick(m), fakeeditor.Config{InitializationOptions: quietly()}, func(s *server) { s.patience = 0 })
	e.Open(file, "python", python)
	begin := func() *fakeeditor.Pending {
		p := e.Go(protocol.MethodWorkspaceExecuteCommand, map[string]any{"command": commandSurprise, "arguments": []any{file}})
		<-asked
		return p
	}
	first, second := begin(), begin()
	e.Edit(file, fakeeditor.Edit{Text: "# one\n"})
	wantCode(t, e.Wait(first, nil), -32801, "another text")
	wantCode(t, e.Wait(second, nil), -32801, "another text")
	third := begin()
	e.ProgressBegun(drawingToken + "3")
	e.CancelProgress(drawingToken + "3")
	wantCode(t, e.Wait(third, nil), -32800, "cancelled by its progress")
	e.Progress(drawingToken + "3")
	fourth := begin()
	e.Cancel(fourth)
	wantCode(t, e.Wait(fourth, nil), -32800, "cancelled as a request")
	fifth := begin()
	e.CloseDocument(file)
	wantCode(t, e.Wait(fifth, nil), -32801, "a document that is closed")
	e.Close()
}
