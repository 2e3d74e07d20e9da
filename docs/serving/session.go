package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"mlm-lsp/lsp/protocol317"
)

// patience is how long a message may take that is waited for.
const patience = time.Minute

// logged is a line of the server's log: what a request took and what of that the model.
type logged struct {
	Message string  `json:"msg"`
	Version int32   `json:"version"`
	Took    float64 `json:"took"` // seconds
	Late    bool    `json:"late"`
	Error   string  `json:"error"`
	Model   struct {
		Rows    int64   `json:"rows"`
		Forward float64 `json:"forward"` // seconds in ONNX Runtime
	} `json:"model"`
}

// session is a server of its own, spoken to as an editor does: frames over its standard input and output.
type session struct {
	command  *exec.Cmd
	began    time.Time
	conn     jsonrpc2.Conn
	triggers string // the characters that the server wants to be asked behind, beside those of words

	mu        sync.Mutex
	changed   *sync.Cond
	log       []logged
	published map[protocol.DocumentURI]int32 // the newest version that diagnostics came for
	ended     bool
	last      string // of what the server logged
}

// start runs the server and agrees with it on capabilities. root is the folder that the editor has open.
func (l *lab) start(ctx context.Context, root string) (*session, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	s := &session{command: l.program(ctx, "serve", "--threads", "2", "--log-level", "debug"), published: map[protocol.DocumentURI]int32{}}
	s.changed = sync.NewCond(&s.mu)
	in, err := s.command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	log, err := s.command.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	s.began = time.Now()
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	go s.follow(log)
	s.conn = jsonrpc2.NewConn(jsonrpc2.NewStream(pipes{out, in}))
	s.conn.Go(ctx, s.take)
	params := protocol317.InitializeParams{WorkspaceFolders: []protocol317.WorkspaceFolder{{URI: string(uri.File(root))}}}
	params.Capabilities.General.PositionEncodings = []protocol317.PositionEncodingKind{protocol317.UTF8}
	params.Capabilities.TextDocument.Completion.CompletionItem.LabelDetailsSupport = true
	var result protocol317.InitializeResult
	if err := s.call(ctx, protocol.MethodInitialize, params, &result); err != nil {
		return nil, errors.Join(err, s.kill())
	}
	if result.Capabilities.PositionEncoding != protocol317.UTF8 {
		return nil, errors.Join(fmt.Errorf("starting a server: it counts in %s", result.Capabilities.PositionEncoding), s.kill())
	}
	s.triggers = strings.Join(result.Capabilities.CompletionProvider.TriggerCharacters, "")
	return s, s.conn.Notify(ctx, protocol.MethodInitialized, struct{}{})
}

// pipes are two ends as one stream.
type pipes struct {
	io.ReadCloser
	io.WriteCloser
}

func (p pipes) Close() error { return errors.Join(p.WriteCloser.Close(), p.ReadCloser.Close()) }

// take notes what diagnostics came and answers what the server asks with nothing.
func (s *session) take(ctx context.Context, reply jsonrpc2.Replier, request jsonrpc2.Request) error {
	if request.Method() == protocol.MethodTextDocumentPublishDiagnostics {
		var p protocol317.PublishDiagnosticsParams
		if err := json.Unmarshal(request.Params(), &p); err != nil {
			return err
		}
		s.mu.Lock()
		if p.Version != nil {
			s.published[p.URI] = *p.Version
		}
		s.changed.Broadcast()
		s.mu.Unlock()
	}
	return reply(ctx, nil, nil)
}

// follow reads the server's log to its end.
func (s *session) follow(log io.Reader) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l logged
		s.mu.Lock()
		if json.Unmarshal(lines.Bytes(), &l) == nil {
			s.log = append(s.log, l)
		}
		s.last = lines.Text()
		s.changed.Broadcast()
		s.mu.Unlock()
	}
	s.mu.Lock()
	s.ended = true
	s.changed.Broadcast()
	s.mu.Unlock()
}

// await waits until something is met; s.mu is held while it is looked at.
func (s *session) await(what string, met func() bool) error {
	deadline := time.Now().Add(patience)
	alarm := time.AfterFunc(patience, s.changed.Broadcast)
	defer alarm.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !met() {
		if s.ended || !time.Now().Before(deadline) {
			return fmt.Errorf("waiting for %s in vain; the server said last: %s", what, s.last)
		}
		s.changed.Wait()
	}
	return nil
}

// next waits for a line of the log at or behind a place, and returns it with the place behind it.
func (s *session) next(at int, message string, version int32) (logged, int, error) {
	var found logged
	err := s.await(fmt.Sprintf("%q of version %d in the log", message, version), func() bool {
		for ; at < len(s.log); at++ {
			if l := s.log[at]; l.Message == message && (version == 0 || l.Version == version) {
				found = l
				at++
				return true
			}
		}
		return false
	})
	return found, at, err
}

// here is the place behind what is logged by now.
func (s *session) here() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.log)
}

func (s *session) call(ctx context.Context, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := s.conn.Call(ctx, method, params, result); err != nil {
		return fmt.Errorf("asking for %s: %w", method, err)
	}
	return nil
}

// stop ends the server in order.
func (s *session) stop(ctx context.Context) error {
	if err := s.call(ctx, protocol.MethodShutdown, nil, nil); err != nil {
		return errors.Join(err, s.kill())
	}
	if err := s.conn.Notify(ctx, protocol.MethodExit, nil); err != nil {
		return errors.Join(err, s.kill())
	}
	if err := s.await("its end", func() bool { return s.ended }); err != nil && !s.ended {
		return errors.Join(err, s.kill())
	}
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("ending a server: %w: %s", err, s.last)
	}
	return nil
}

func (s *session) kill() error {
	_ = s.command.Process.Kill()
	_ = s.command.Wait() // it was killed
	return nil
}

// document is an open document and what the editor holds of it.
type document struct {
	*session
	uri     protocol.DocumentURI
	version int32
	text    []byte
	line    uint32 // of the cursor
	column  uint32
}

// languageIDs are the protocol's names by extension.
var languageIDs = map[string]protocol.LanguageIdentifier{
	".go": "go", ".py": "python", ".js": "javascript", ".ts": "typescript", ".java": "java", ".rs": "rust",
}

// open opens a document with a text.
func (s *session) open(ctx context.Context, name string, text []byte) (*document, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return nil, fmt.Errorf("opening a document: %w", err)
	}
	d := &document{session: s, uri: protocol.DocumentURI(uri.File(name)), version: 1, text: text}
	return d, s.conn.Notify(ctx, protocol.MethodTextDocumentDidOpen, protocol.DidOpenTextDocumentParams{TextDocument: protocol.TextDocumentItem{
		URI: d.uri, LanguageID: languageIDs[filepath.Ext(name)], Version: d.version, Text: string(text),
	}})
}

// moveTo puts the cursor at an offset.
func (d *document) moveTo(offset int) {
	before := string(d.text[:offset])
	d.line = uint32(strings.Count(before, "\n"))
	d.column = uint32(offset - strings.LastIndexByte(before, '\n') - 1)
}

// insert writes a text at the cursor and moves behind it.
func (d *document) insert(ctx context.Context, text string) error {
	at := protocol.Position{Line: d.line, Character: d.column}
	d.version++
	if n := strings.Count(text, "\n"); n > 0 {
		d.line += uint32(n)
		d.column = uint32(len(text) - strings.LastIndexByte(text, '\n') - 1)
	} else {
		d.column += uint32(len(text))
	}
	return d.conn.Notify(ctx, protocol.MethodTextDocumentDidChange, protocol317.DidChangeTextDocumentParams{
		TextDocument:   protocol.VersionedTextDocumentIdentifier{TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: d.uri}, Version: d.version},
		ContentChanges: []protocol317.TextDocumentContentChangeEvent{{Range: &protocol.Range{Start: at, End: at}, Text: text}},
	})
}

// complete asks for completions at the cursor.
func (d *document) complete(ctx context.Context) (protocol317.CompletionList, error) {
	var list protocol317.CompletionList
	err := d.call(ctx, protocol.MethodTextDocumentCompletion, protocol.CompletionParams{TextDocumentPositionParams: protocol.TextDocumentPositionParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: d.uri}, Position: protocol.Position{Line: d.line, Character: d.column},
	}}, &list)
	return list, err
}

// diagnosed waits for the diagnostics of the newest version.
func (d *document) diagnosed() error {
	return d.await("diagnostics", func() bool { return d.published[d.uri] == d.version })
}

// usage is what a process takes of the machine.
type usage struct {
	processor     time.Duration
	resident, own float64 // MB; own is its proportional share: what several share counts among them
}

// usage reads what the server has taken.
func (s *session) usage() (usage, error) { return usageOf(fmt.Sprint(s.command.Process.Pid)) }

// usageOf reads what a process has taken; "self" is this one.
func usageOf(process string) (u usage, err error) {
	proc := filepath.Join("/proc", process)
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return u, fmt.Errorf("reading what a process takes: %w", err)
	}
	rollup, err := os.ReadFile(filepath.Join(proc, "smaps_rollup"))
	if err != nil {
		return u, fmt.Errorf("reading what a process takes: %w", err)
	}
	return parseUsage(string(stat), string(rollup))
}

// parseUsage reads /proc/PID/stat and smaps_rollup; clock ticks are hundredths on every Linux that Go runs on.
func parseUsage(stat, rollup string) (u usage, err error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]) // the name before may hold anything
	if len(fields) < 13 {
		return u, fmt.Errorf("reading what a process takes: %q is no line of /proc/PID/stat", stat)
	}
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return u, fmt.Errorf("reading what a process takes: %w", err)
	}
	u.processor = time.Duration(user+system) * 10 * time.Millisecond
	for line := range strings.Lines(rollup) {
		var kilobytes float64
		if n, _ := fmt.Sscanf(line, "Rss: %f kB", &kilobytes); n == 1 {
			u.resident = kilobytes * 1024 / 1e6
		}
		if n, _ := fmt.Sscanf(line, "Pss: %f kB", &kilobytes); n == 1 {
			u.own = kilobytes * 1024 / 1e6
		}
	}
	if u.resident == 0 || u.own == 0 {
		return u, errors.New("reading what a process takes: smaps_rollup has no Rss or no Pss")
	}
	return u, nil
}
