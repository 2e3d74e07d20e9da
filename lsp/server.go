package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/baseline"
	"mlm-lsp/lsp/inline"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// Options are what a server is started with, and does not change.
type Options struct {
	// Open loads the model. It is called once, in the background after the editor's initialized; report shows the user what is being
	// done. An error is shown to the user as it is, so it should end in what to do.
	Open func(ctx context.Context, report func(message string)) (Model, error)
	// Files lists the source files below a workspace folder, those that the project's .gitignore leaves; nil: nothing but open documents is looked at.
	Files func(ctx context.Context, directory string) ([]string, error)
	// Cache is a directory of the user's in which the indexes of folders are kept between sessions; "": they are not.
	Cache string
	// Log takes what is worth keeping; nil drops it. It must not write to the stream.
	Log *zap.Logger
	// Version is told to the editor.
	Version string
	// CompletionBudget is the time after which a completion goes out with what there is, if that is anything; 0 means 100 ms.
	CompletionBudget time.Duration
	// InlineDelay is how long the user must pause before an inline completion that the editor asks for by itself is looked for; 0 means 150 ms.
	InlineDelay time.Duration
	// DiagnosticsDelay is how long the editor must be quiet before its documents are checked; 0 means 300 ms.
	DiagnosticsDelay time.Duration
}

// ErrNoShutdown is returned by Serve when the editor left without asking for a shutdown first. LSP wants exit status 1 for it.
var ErrNoShutdown = errors.New("ending the session: the editor left without a shutdown request")

// closingGrace is how long the end of a session waits for running requests and for the last messages to be read.
const closingGrace = time.Second

// Serve speaks LSP on stream until the editor sends exit, the input ends, the stream breaks or ctx is done, and closes the stream. It returns nil
// only when the editor had asked for a shutdown before.
func Serve(ctx context.Context, stream io.ReadWriteCloser, opts Options) error {
	return newServer(opts).serve(ctx, stream)
}

func newServer(opts Options) *server {
	if opts.Log == nil {
		opts.Log = zap.NewNop()
	}
	if opts.CompletionBudget == 0 {
		opts.CompletionBudget = 100 * time.Millisecond
	}
	if opts.InlineDelay == 0 {
		opts.InlineDelay = 150 * time.Millisecond
	}
	if opts.DiagnosticsDelay == 0 {
		opts.DiagnosticsDelay = 300 * time.Millisecond
	}
	s := &server{
		opts:     opts,
		log:      opts.Log,
		out:      newOutbox(),
		incoming: make(chan incoming),
		events:   make(chan func()),
		done:     make(chan struct{}),
		encoding: protocol317.UTF16,
		problems: map[string]string{},

		watchedBaselines: map[string]bool{baseline.FileName: true},
		documents:        map[protocol.DocumentURI]*document{},
		calls:            map[jsonrpc2.ID]*call{},
		newest:           map[string]jsonrpc2.ID{},
		asked:            map[jsonrpc2.ID]func(json.RawMessage, error){},
		progresses:       map[string]*progress{},
		changed:          make(chan struct{}),
		remembered:       &workspaceMemory{},
		patience:         patience,
		beginning:        beginning,
		settling:         settling,
		pressing:         pressing,
		watching:         watching,
		hung:             hung,
		hinting:          hinting,
		rehinting:        rehinting,
		typeMemory:       typeinfer.NewMemory(),
		timer:            time.NewTimer(0),
		suspect: func(ctx context.Context, m Model, f *treesitter.File, opts suspect.Options) ([]suspect.Finding, error) {
			return suspect.Check(ctx, m, f, opts)
		},
	}
	s.timer.Stop()
	return s
}

func (s *server) serve(ctx context.Context, stream io.ReadWriteCloser) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.spawn = func(work func(context.Context)) context.CancelFunc {
		ctx, cancel := context.WithCancel(ctx)
		s.workers.Add(1)
		go func() {
			defer s.workers.Done()
			defer cancel()
			work(ctx)
		}()
		return cancel
	}
	go s.read(stream)
	go s.out.write(stream)
	err := s.loop(ctx)

	cancel()
	close(s.done)
	s.close(stream)
	return err
}

// server is one session. Everything below the line belongs to the dispatch loop.
type server struct {
	opts        Options
	log         *zap.Logger
	out         *outbox
	incoming    chan incoming
	events      chan func()   // what goroutines hand to the loop, see post
	done        chan struct{} // closed when the loop has ended
	workers     sync.WaitGroup
	patience    time.Duration
	beginning   time.Duration
	settling    time.Duration
	pressing    time.Duration
	watching    time.Duration
	hung        time.Duration
	hinting     time.Duration
	rehinting   time.Duration
	typeMemory  *typeinfer.Memory
	typesAsk    bool                                           // the model is asked about types, too: it is no better for it, but tests of what an answer that takes long does need one
	spawn       func(func(context.Context)) context.CancelFunc // runs something off the loop, until the session ends at most
	scratch     scratch
	open        sync.Map // the paths of open documents, which the loop keeps
	remembered  *workspaceMemory
	inlineTable *inline.Table    // nil means the built-in one
	typeTable   *typeinfer.Table // likewise
	suspect     func(context.Context, Model, *treesitter.File, suspect.Options) ([]suspect.Finding, error)
	// ----
	phase            phase
	farewell         error // what Serve returns, once exited
	client           protocol317.ClientCapabilities
	encoding         protocol317.PositionEncodingKind
	configuration    configuration
	lastLocated      int
	settingsAtStart  json.RawMessage   // initializationOptions
	problems         map[string]string // what was last complained of in the settings, by source
	watchedBaselines map[string]bool   // by name
	offersWorkspace  bool              // the editor knows that it may ask for the diagnostics of the workspace
	documents        map[protocol.DocumentURI]*document
	folders          []*folder
	calls            map[jsonrpc2.ID]*call                        // requests of the editor, unanswered
	newest           map[string]jsonrpc2.ID                       // the last request, by method, of those that supersede each other
	asked            map[jsonrpc2.ID]func(json.RawMessage, error) // requests to the editor, unanswered
	lastAsked        int32
	model            Model // nil while it is loading, and when that failed
	loading          loading
	status           protocol317.StatusParams
	tracing          protocol317.TraceValue // what the editor wants to be told
	paused           bool                   // the user wants to be left alone
	hinted           bool                   // the editor has asked for hints
	rehinted         time.Time              // when it was last told that other files have changed them
	rehints          *time.Timer            // tells it so again; nil when it need not be
	lastDrawn        int
	progresses       map[string]*progress // work that is shown, by token
	checking         *check               // the diagnostics pass that runs, if one does
	quiet            time.Time            // no pass starts before
	active           time.Time            // when something was last typed or asked
	idlers           []*idler             // what waits for nothing to happen, in order
	changed          chan struct{}        // closed, and made anew, when what is found in files that are not open may be another
	fedUp            chan struct{}        // changed, as it was when the user stopped the check of the workspace
	timer            *time.Timer          // fires when a pass may be due
}

type phase int

const (
	created  phase = iota // before initialize: nothing else is served
	running               // until shutdown
	shutDown              // until exit
	exited
)

type incoming struct {
	message jsonrpc2.Message
	err     error
}

// read hands messages to the loop until the input ends or cannot be followed any more.
func (s *server) read(stream io.Reader) {
	in := bufio.NewReaderSize(stream, 64<<10)
	for {
		message, err := readMessage(in)
		select {
		case s.incoming <- incoming{message, err}:
		case <-s.done:
			return
		}
		if malformed := (*malformedError)(nil); err != nil && !errors.As(err, &malformed) {
			return
		}
	}
}

// loop is the dispatch loop. Nothing that it calls waits for I/O, a parse or a model.
func (s *server) loop(ctx context.Context) error {
	for s.phase != exited {
		select {
		case in := <-s.incoming:
			if malformed := (*malformedError)(nil); errors.As(in.err, &malformed) {
				s.log.Warn("dropping a message", zap.Error(in.err))
				s.replyNoID(malformed)
				continue
			}
			if errors.Is(in.err, io.EOF) {
				return s.ended(nil)
			}
			if in.err != nil {
				return s.ended(in.err)
			}
			s.dispatch(in.message)
		case event := <-s.events:
			event()
		case <-s.timer.C:
			s.checkNext()
		case <-s.out.broken:
			return s.ended(s.out.err)
		case <-s.out.full:
			return s.ended(errUnread)
		case <-ctx.Done():
			return s.ended(ctx.Err())
		}
	}
	return s.farewell
}

// ended says how a session counts that ended without exit.
func (s *server) ended(cause error) error {
	switch {
	case s.phase == shutDown:
		return nil
	case cause != nil:
		return fmt.Errorf("%w: %w", ErrNoShutdown, cause)
	default:
		return ErrNoShutdown
	}
}

// post hands an event to the loop. It reports false when the session has ended and the event will not happen.
func (s *server) post(event func()) bool {
	select {
	case s.events <- event:
		return true
	case <-s.done:
		return false
	}
}

// close gives what still runs a moment, frees the model and closes the stream. A request that does not heed its context keeps the model
// alive; the process ends anyway.
func (s *server) close(stream io.Closer) {
	idle := make(chan struct{})
	go func() {
		s.workers.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		closeModel(s.model, s.log)
		if err := s.scratch.remove(); err != nil {
			s.log.Warn("removing the pages of the session", zap.Error(err))
		}
	case <-time.After(closingGrace):
		s.log.Warn("requests still run at the session's end; leaving the model open")
	}
	s.out.close()
	select {
	case <-s.out.broken:
	case <-time.After(closingGrace):
	}
	if err := stream.Close(); err != nil {
		s.log.Debug("closing the stream", zap.Error(err))
	}
}
