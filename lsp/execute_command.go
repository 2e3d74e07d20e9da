package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"go.uber.org/zap"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/lsp/heat"
	"mlm-lsp/lsp/protocol317"
)

// Commands that an editor can execute.
const (
	commandHeat     = "mlm-lsp.heat"     // [document]: draws its heat map, shows it, and returns the page's URI
	commandSurprise = "mlm-lsp.surprise" // [document, range?]: returns what a heat map shows, for an editor that draws it (surprise.go)
	commandExplain  = "mlm-lsp.explain"  // [document, position]: shows what is known of the token there, and returns it as markdown
	commandAnnotate = "mlm-lsp.annotate" // [document]: writes the types that are sure enough, and returns whether there were any
	commandSilence  = "mlm-lsp.silence"  // [document, kind]: has the project's file silence a kind of findings, and returns its URI
	commandPause    = "mlm-lsp.pause"    // nothing is offered or reported any more
	commandResume   = "mlm-lsp.resume"   // all is as before
)

// commands prepare what they do on the loop, as requests do. It is filled in init, since they call what looks here.
var commands = map[string]func(*server, []json.RawMessage) (work, error){}

func init() {
	commands[commandHeat] = (*server).drawHeat
	commands[commandSurprise] = (*server).surprise
	commands[commandExplain] = (*server).explain
	commands[commandAnnotate] = (*server).annotateFile
	commands[commandSilence] = (*server).silenceKind
	commands[commandPause] = func(s *server, _ []json.RawMessage) (work, error) { s.pause(true); return nothing, nil }
	commands[commandResume] = func(s *server, _ []json.RawMessage) (work, error) { s.pause(false); return nothing, nil }
}

// nothing is the work of a request that is done, and has no result.
func nothing(context.Context) (any, error) { return nil, nil }

func commandNames() []string { return slices.Sorted(maps.Keys(commands)) }

func (s *server) executeCommand(p *protocol317.ExecuteCommandParams) (work, error) {
	command, ok := commands[p.Command]
	if !ok {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%q is no command: they are %s", p.Command, strings.Join(commandNames(), ", "))
	}
	return command(s, p.Arguments)
}

// arguments decodes those of a command into as many values.
func arguments(raw []json.RawMessage, into ...any) error {
	if len(raw) != len(into) {
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the command takes %d arguments, not %d", len(into), len(raw))
	}
	for i := range raw {
		if err := json.Unmarshal(raw[i], into[i]); err != nil {
			return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "decoding argument %d: %v", i+1, err)
		}
	}
	return nil
}

// errNoModel is what a command says that needs one.
var errNoModel = jsonrpc2.NewError(jsonrpc2.InvalidRequest, "there is no model yet: wait until it is loaded, or see the server's log for why it is not")

// askedAbout returns an open document that a command is about, when there is a model to ask.
func (s *server) askedAbout(name protocol.DocumentURI) (*document, error) {
	doc := s.documents[name]
	switch {
	case doc == nil || doc.language == "":
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s is not open, or in no language that is known", name)
	case s.model == nil:
		return nil, errNoModel
	}
	return doc, nil
}

// theOneAskedAbout is askedAbout of a command whose only argument is a document.
func (s *server) theOneAskedAbout(raw []json.RawMessage) (*document, error) {
	var name protocol.DocumentURI
	if err := arguments(raw, &name); err != nil {
		return nil, err
	}
	return s.askedAbout(name)
}

// drawHeat writes the heat map of a document into the session's scratch folder and has the editor show it.
func (s *server) drawHeat(raw []json.RawMessage) (work, error) {
	doc, err := s.theOneAskedAbout(raw)
	if err != nil {
		return nil, err
	}
	snap, m := doc.snapshot, s.metered()
	s.lastDrawn++
	number := s.lastDrawn
	return func(ctx context.Context) (any, error) {
		title := titleOf(snap.uri)
		var page []byte
		err := s.whileShown(ctx, fmt.Sprintf("%s%d", drawingToken, number), "drawing the heat map of "+title, func(ctx context.Context) (err error) {
			page, err = heat.Page(ctx, m, snap.file(), title)
			return err
		})
		if err != nil {
			return nil, err
		}
		directory, err := s.scratch.directory()
		if err != nil {
			return nil, err
		}
		path := filepath.Join(directory, fmt.Sprintf("heat-%d.html", number))
		if err := wholefile.Write(path, func(w io.Writer) error { _, err := w.Write(page); return err }); err != nil {
			return nil, fmt.Errorf("writing the heat map: %w", err)
		}
		where := uri.File(path)
		s.post(func() { s.showPage(where) })
		return where, nil
	}, nil
}

// showPage has the editor open a page in a browser, or else tells the user where it is.
func (s *server) showPage(where uri.URI) {
	tell := func() { s.showMessage(protocol.MessageTypeInfo, "mlm-lsp: the heat map is at "+string(where)) }
	if !s.client.Window.ShowDocument.Support {
		tell()
		return
	}
	s.ask(protocol.MethodShowDocument, protocol.ShowDocumentParams{URI: where, External: true}, func(result json.RawMessage, err error) {
		var shown protocol.ShowDocumentResult
		if err == nil {
			err = json.Unmarshal(result, &shown)
		}
		if err != nil || !shown.Success {
			s.log.Info("the editor did not show a page", zap.Error(err))
			tell()
		}
	})
}

// explain shows what is known of a token, as a hover does, to who asks for it by a command or a code action.
func (s *server) explain(raw []json.RawMessage) (work, error) {
	var name protocol.DocumentURI
	var position protocol.Position
	if err := arguments(raw, &name, &position); err != nil {
		return nil, err
	}
	doc, err := s.askedAbout(name)
	if err != nil {
		return nil, err
	}
	snap, m, options, hidden := doc.snapshot, s.metered(), s.examining(doc), s.hidden(doc)
	in := s.markup(true)
	return func(ctx context.Context) (any, error) {
		x, err := explained(ctx, m, snap, position, options(), hidden)
		if err != nil {
			return nil, err
		}
		if x == nil {
			return nil, jsonrpc2.NewError(jsonrpc2.InvalidParams, "there is nothing to explain: neither a name nor an operator or a word stands there")
		}
		message := fmt.Sprintf("`%s` in line %d:\n%s", x.Token, position.Line+1, explanationText(x, plainText))
		s.post(func() { s.showMessage(protocol.MessageTypeInfo, message) })
		return explanationText(x, in), nil
	}, nil
}

// scratch is a folder of the session for pages that the editor shows. It is made when it is first needed, readable by the user alone, and gone when the session ends in order.
type scratch struct {
	mu   sync.Mutex
	path string
}

func (d *scratch) directory() (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.path != "" {
		return d.path, nil
	}
	path, err := os.MkdirTemp("", "mlm-lsp-")
	if err != nil {
		return "", fmt.Errorf("making a folder for pages: %w: set TMPDIR to a folder that can be written to", err)
	}
	d.path = path
	return path, nil
}

func (d *scratch) remove() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.path == "" {
		return nil
	}
	return os.RemoveAll(d.path)
}
