package lsp

import (
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
)

// An editor is told of what it wants to be told of, and never of source text.
func TestTrace(t *testing.T) {
	e := startWithModel(t, quick(&scripted{predict: prefer("width")}), fakeeditor.Config{Trace: protocol317.TraceMessages, InitializationOptions: quietly()})
	e.Open(file, "python", python)
	e.Complete(file, strings.Index(python, "width *"))
	all := ""
	for _, trace := range e.Traces(protocol.MethodTextDocumentCompletion) {
		if trace.Verbose != "" {
			t.Errorf("verbose: %+v", trace)
		}
		all += trace.Message + "\n"
	}
	for _, method := range []string{protocol.MethodInitialize, protocol.MethodInitialized, protocol.MethodTextDocumentDidOpen} {
		if !strings.Contains(all, method+" ") {
			t.Errorf("no trace of %s among\n%s", method, all)
		}
	}
	e.Notify(protocol.MethodSetTrace, protocol317.SetTraceParams{Value: protocol317.TraceVerbose})
	_ = e.Call(protocol.MethodTextDocumentCompletion, []int{1}, nil) // refused before it is prepared: no handler saw it
	_ = e.Execute("mlm-lsp.unheardOf", nil)
	e.Hover(file, strings.Index(python, "width *"))
	traces := e.Traces(protocol.MethodTextDocumentHover)
	if last := traces[len(traces)-1]; !strings.Contains(last.Verbose, "bytes") {
		t.Errorf("trace %+v", last)
	}
	for _, trace := range traces {
		if strings.Contains(trace.Message+trace.Verbose, "width") {
			t.Errorf("source text in %+v", trace)
		}
	}
	e.Notify(protocol.MethodSetTrace, protocol317.SetTraceParams{Value: protocol317.TraceOff})
	e.Hover(file, strings.Index(python, "width *"))
	e.Notify(protocol.MethodSetTrace, protocol317.SetTraceParams{Value: protocol317.TraceMessages})
	e.Complete(file, 0)
	for _, trace := range e.Traces(protocol.MethodTextDocumentCompletion) {
		if strings.HasPrefix(trace.Message, protocol.MethodTextDocumentHover) {
			t.Errorf("told though it was off: %+v", trace)
		}
	}
	e.Close()
}
