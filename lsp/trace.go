package lsp

import (
	"fmt"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/protocol317"
)

// setTrace says how much the editor wants to be told of what happens here. A word that is none turns it off.
func (s *server) setTrace(p *protocol317.SetTraceParams) error {
	s.tracing = p.Value
	return nil
}

// trace tells an editor that wants it about a message that was handled. It never shows source text: not even verbose traces have parameters or results.
func (s *server) trace(method string, id *jsonrpc2.ID, took time.Duration, bytes int, err error) {
	if s.tracing != protocol317.TraceMessages && s.tracing != protocol317.TraceVerbose {
		return
	}
	what := method
	if id != nil {
		what = fmt.Sprintf("%s (%v)", method, *id)
	}
	p := protocol317.LogTraceParams{Message: fmt.Sprintf("%s took %.1f ms", what, float64(took.Microseconds())/1000)}
	if err != nil {
		p.Message = fmt.Sprintf("%s failed after %.1f ms", what, float64(took.Microseconds())/1000)
	}
	if s.tracing == protocol317.TraceVerbose {
		switch {
		case err != nil:
			p.Verbose = err.Error()
		case id != nil:
			p.Verbose = fmt.Sprintf("the answer has %d bytes", bytes)
		}
	}
	s.notify(protocol.MethodLogTrace, p)
}
