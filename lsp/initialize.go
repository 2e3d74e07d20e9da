package lsp

import (
	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
)

// initialize agrees with the editor on what both can do. Nothing is sent to it but the answer until its initialized.
func (s *server) initialize(p *protocol317.InitializeParams) (any, error) {
	s.phase = running
	s.client = p.Capabilities
	s.encoding = chooseEncoding(p.Capabilities.General.PositionEncodings)
	s.settingsAtStart = p.InitializationOptions
	atStart, _ := settings.ReadClient(p.InitializationOptions) // what is wrong with them is told once the session runs
	s.offersWorkspace = settings.Merge(atStart).DiagnosticsWorkspace
	s.tracing = p.Trace
	s.addFolders(p)
	if p.ProcessID != nil {
		s.watchEditor(*p.ProcessID)
	}
	if p.ClientInfo != nil {
		s.log.Info("session begins", zap.String("editor", p.ClientInfo.Name), zap.String("editorVersion", p.ClientInfo.Version),
			zap.String("version", s.opts.Version), zap.String("positions", string(s.encoding)))
	}
	result := &protocol317.InitializeResult{
		Capabilities: protocol317.ServerCapabilities{
			PositionEncoding: s.encoding,
			TextDocumentSync: &protocol.TextDocumentSyncOptions{
				OpenClose: true,
				Change:    protocol.TextDocumentSyncKindIncremental,
				Save:      &protocol.SaveOptions{},
			},
			CompletionProvider:     &protocol.CompletionOptions{ResolveProvider: true, TriggerCharacters: []string{"."}},
			HoverProvider:          true,
			ExecuteCommandProvider: &protocol.ExecuteCommandOptions{Commands: commandNames()},
			Workspace:              &protocol.ServerCapabilitiesWorkspace{WorkspaceFolders: &protocol.ServerCapabilitiesWorkspaceFolders{Supported: true, ChangeNotifications: true}},
			CodeActionProvider:     &protocol.CodeActionOptions{CodeActionKinds: []protocol.CodeActionKind{protocol.QuickFix, protocol.RefactorRewrite}, ResolveProvider: p.Capabilities.TextDocument.CodeAction.ResolvesEdits()},
		},
		ServerInfo: &protocol.ServerInfo{Name: settings.Section, Version: s.opts.Version},
	}
	result.Capabilities.InlineCompletionProvider = p.Capabilities.TextDocument.InlineCompletion != nil
	if can := p.Capabilities.TextDocument.InlayHint; can != nil {
		result.Capabilities.InlayHintProvider = &protocol317.InlayHintOptions{ResolveProvider: len(can.ResolveSupport.Properties) > 0}
	}
	if s.pulls() {
		result.Capabilities.DiagnosticProvider = &protocol317.DiagnosticOptions{Identifier: settings.Section, InterFileDependencies: true, WorkspaceDiagnostics: s.offersWorkspace}
	}
	return result, nil
}

// chooseEncoding takes UTF-8, which needs no counting, wherever it is offered. Without an offer UTF-16 holds.
func chooseEncoding(offered []protocol317.PositionEncodingKind) protocol317.PositionEncodingKind {
	for _, encoding := range offered {
		if encoding == protocol317.UTF8 {
			return protocol317.UTF8
		}
	}
	return protocol317.UTF16
}

func (s *server) initialized() error {
	s.configure(s.settingsAtStart, nil)
	s.watchConfiguration()
	s.watchSources()
	s.loadModel()
	s.indexAll()
	return nil
}

// shutdown stops everything that runs; the editor gets an answer to each request that was open.
func (s *server) shutdown() (any, error) {
	s.phase = shutDown
	for id := range s.calls {
		s.cancel(id)
	}
	s.stopCheck()
	for _, f := range s.folders {
		f.stopIndexing()
	}
	for _, p := range s.progresses {
		p.end()
	}
	return nil, nil
}

func (s *server) exit() error {
	if s.phase != shutDown {
		s.farewell = ErrNoShutdown
	}
	s.phase = exited
	return nil
}
