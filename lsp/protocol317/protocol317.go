// Package protocol317 holds the messages of LSP 3.17 that this server reads or writes and that go.lsp.dev/protocol, which speaks
// 3.16, does not know or gets wrong:
//
//   - position encodings (initialize), unknown there;
//   - TextDocumentContentChangeEvent.Range, which there cannot be absent, so that replacing the whole text and inserting at the
//     document's start look alike;
//   - PublishDiagnosticsParams.Version, which there is never sent when it is 0, the version Neovim opens documents with;
//   - progress tokens, whose marshaller there works behind a pointer only;
//   - label details of completion items, and the codes of cancelled requests;
//   - diagnostics that the client asks for;
//   - inlay hints (inlay_hint.go);
//   - annotations of edits, and code actions whose edits are asked for later;
//   - what is this server's own (own.go).
//
// What is read is cut to the fields that are used: a client may put anything into the others, and does. All other messages
// are taken from go.lsp.dev/protocol.
package protocol317

import (
	"encoding/json"
	"slices"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// CodeRequestCancelled answers a request that the client cancelled. It is LSP's own, beside those of JSON-RPC.
const CodeRequestCancelled jsonrpc2.Code = -32800

// CodeContentModified answers a request about a text that is another by now.
const CodeContentModified jsonrpc2.Code = -32801

// CodeServerCancelled answers a request that the server has given up, and may be sent again.
const CodeServerCancelled jsonrpc2.Code = -32802

// CodeRequestFailed answers a request that was right and could not be done.
const CodeRequestFailed jsonrpc2.Code = -32803

// Methods of 3.17.
const (
	MethodDocumentDiagnostic  = "textDocument/diagnostic"
	MethodWorkspaceDiagnostic = "workspace/diagnostic"
	MethodDiagnosticRefresh   = "workspace/diagnostic/refresh"
	MethodCodeActionResolve   = "codeAction/resolve"
	MethodInlayHint           = "textDocument/inlayHint"
	MethodInlayHintResolve    = "inlayHint/resolve"
	MethodInlayHintRefresh    = "workspace/inlayHint/refresh"
)

// PositionEncodingKind says what Position.Character counts.
type PositionEncodingKind string

// The encodings this server speaks. UTF-16 is the one every client must know, and what holds when none was negotiated.
const (
	UTF8  PositionEncodingKind = "utf-8"
	UTF16 PositionEncodingKind = "utf-16"
)

// InitializeParams is what the server reads of an initialize request.
type InitializeParams struct {
	ClientInfo *struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"clientInfo,omitempty"`
	ProcessID             *int               `json:"processId"` // null: no process started the server
	Trace                 TraceValue         `json:"trace,omitempty"`
	InitializationOptions json.RawMessage    `json:"initializationOptions,omitempty"`
	RootURI               string             `json:"rootUri,omitempty"` // of clients that know no folders
	WorkspaceFolders      []WorkspaceFolder  `json:"workspaceFolders,omitempty"`
	Capabilities          ClientCapabilities `json:"capabilities"`
}

// TraceValue says how much a client wants to be told of what the server does. (go.lsp.dev/protocol misspells "messages".)
type TraceValue string

// What a client may want to be told.
const (
	TraceOff      TraceValue = "off"
	TraceMessages TraceValue = "messages"
	TraceVerbose  TraceValue = "verbose"
)

// SetTraceParams change that.
type SetTraceParams struct {
	Value TraceValue `json:"value"`
}

// LogTraceParams tell what the server did. Verbose is there for TraceVerbose alone.
type LogTraceParams struct {
	Message string `json:"message"`
	Verbose string `json:"verbose,omitempty"`
}

// WorkspaceFolder is a folder that is open in the editor.
type WorkspaceFolder struct {
	URI string `json:"uri"`
}

// ClientCapabilities is what the server asks of its client, all of it optional.
type ClientCapabilities struct {
	General struct {
		PositionEncodings []PositionEncodingKind `json:"positionEncodings,omitempty"`
		Markdown          struct {
			Parser string `json:"parser,omitempty"`
		} `json:"markdown"`
	} `json:"general"`
	Window struct {
		WorkDoneProgress bool `json:"workDoneProgress,omitempty"`
		ShowDocument     struct {
			Support bool `json:"support,omitempty"`
		} `json:"showDocument"`
	} `json:"window"`
	Experimental json.RawMessage `json:"experimental,omitempty"` // anything at all
	Workspace    struct {
		ApplyEdit     bool `json:"applyEdit,omitempty"`
		Configuration bool `json:"configuration,omitempty"`
		WorkspaceEdit struct {
			DocumentChanges    bool     `json:"documentChanges,omitempty"`
			ResourceOperations []string `json:"resourceOperations,omitempty"`
			// ChangeAnnotationSupport is there in a client that shows annotated edits before they are done.
			ChangeAnnotationSupport *struct{} `json:"changeAnnotationSupport,omitempty"`
		} `json:"workspaceEdit"`
		DidChangeConfiguration struct {
			DynamicRegistration bool `json:"dynamicRegistration,omitempty"`
		} `json:"didChangeConfiguration"`
		DidChangeWatchedFiles struct {
			DynamicRegistration bool `json:"dynamicRegistration,omitempty"`
		} `json:"didChangeWatchedFiles"`
		Diagnostics struct {
			RefreshSupport bool `json:"refreshSupport,omitempty"`
		} `json:"diagnostics"`
		InlayHint struct {
			RefreshSupport bool `json:"refreshSupport,omitempty"`
		} `json:"inlayHint"`
	} `json:"workspace"`
	TextDocument struct {
		Completion struct {
			CompletionItem struct {
				LabelDetailsSupport bool                  `json:"labelDetailsSupport,omitempty"`
				DocumentationFormat []protocol.MarkupKind `json:"documentationFormat,omitempty"`
				ResolveSupport      ResolveSupport        `json:"resolveSupport"`
			} `json:"completionItem"`
		} `json:"completion"`
		CodeAction CodeActionCapability `json:"codeAction"`
		Hover      struct {
			ContentFormat []protocol.MarkupKind `json:"contentFormat,omitempty"`
		} `json:"hover"`
		// InlineCompletion, of 3.18, is there in a client that shows texts in place.
		InlineCompletion *struct{} `json:"inlineCompletion,omitempty"`
		// Diagnostic is there in a client that asks for diagnostics.
		Diagnostic *DiagnosticCapability `json:"diagnostic,omitempty"`
		// InlayHint is there in a client that asks for hints.
		InlayHint *InlayHintCapability `json:"inlayHint,omitempty"`
	} `json:"textDocument"`
}

// CodeActionCapability is what the client can do with actions. One without literals can only run commands.
type CodeActionCapability struct {
	CodeActionLiteralSupport *struct{}      `json:"codeActionLiteralSupport,omitempty"`
	DataSupport              bool           `json:"dataSupport,omitempty"`
	ResolveSupport           ResolveSupport `json:"resolveSupport"`
}

// ResolveSupport lists what the client asks for when it is needed.
type ResolveSupport struct {
	Properties []string `json:"properties,omitempty"`
}

// Asks reports whether the client asks for all of these properties by itself.
func (r ResolveSupport) Asks(properties ...string) bool {
	return !slices.ContainsFunc(properties, func(p string) bool { return !slices.Contains(r.Properties, p) })
}

// ResolvesEdits reports whether the client asks for the edit of an action when it is chosen.
func (c CodeActionCapability) ResolvesEdits() bool {
	return c.DataSupport && c.ResolveSupport.Asks("edit")
}

// Literals reports whether the client takes actions, and not commands alone.
func (c CodeActionCapability) Literals() bool { return c.CodeActionLiteralSupport != nil }

// DiagnosticCapability is what a client can do that asks for diagnostics.
type DiagnosticCapability struct {
	DynamicRegistration bool `json:"dynamicRegistration,omitempty"`
}

// InitializeResult answers initialize.
type InitializeResult struct {
	Capabilities ServerCapabilities   `json:"capabilities"`
	ServerInfo   *protocol.ServerInfo `json:"serverInfo,omitempty"`
}

// ServerCapabilities is what the server announces.
type ServerCapabilities struct {
	PositionEncoding         PositionEncodingKind                  `json:"positionEncoding"`
	TextDocumentSync         *protocol.TextDocumentSyncOptions     `json:"textDocumentSync,omitempty"`
	CompletionProvider       *protocol.CompletionOptions           `json:"completionProvider,omitempty"`
	HoverProvider            bool                                  `json:"hoverProvider,omitempty"`
	CodeActionProvider       *protocol.CodeActionOptions           `json:"codeActionProvider,omitempty"`
	InlineCompletionProvider bool                                  `json:"inlineCompletionProvider,omitempty"` // of 3.18
	DiagnosticProvider       *DiagnosticOptions                    `json:"diagnosticProvider,omitempty"`
	InlayHintProvider        *InlayHintOptions                     `json:"inlayHintProvider,omitempty"`
	ExecuteCommandProvider   *protocol.ExecuteCommandOptions       `json:"executeCommandProvider,omitempty"`
	Workspace                *protocol.ServerCapabilitiesWorkspace `json:"workspace,omitempty"`
}

// DiagnosticOptions announce that the client may ask for the diagnostics of single documents, and with WorkspaceDiagnostics for those of all files. InterFileDependencies says that
// an edit in one may change those of another.
type DiagnosticOptions struct {
	Identifier            string `json:"identifier,omitempty"`
	InterFileDependencies bool   `json:"interFileDependencies"`
	WorkspaceDiagnostics  bool   `json:"workspaceDiagnostics"`
}

// DiagnosticRegistrationOptions announce it in the session, for the documents that a selector names.
type DiagnosticRegistrationOptions struct {
	DocumentSelector []map[string]string `json:"documentSelector"`
	DiagnosticOptions
}

// ExecuteCommandParams has a command run, with arguments that only it can read.
type ExecuteCommandParams struct {
	Command   string            `json:"command"`
	Arguments []json.RawMessage `json:"arguments,omitempty"`
}

// DocumentDiagnosticParams asks for the diagnostics of a document. PreviousResultID is that of the last answer, if there was one.
type DocumentDiagnosticParams struct {
	TextDocument     protocol.TextDocumentIdentifier `json:"textDocument"`
	PreviousResultID string                          `json:"previousResultId,omitempty"`
}

// FullDocumentDiagnosticReport answers textDocument/diagnostic with all there is; Kind is "full" and Items is never nil.
type FullDocumentDiagnosticReport struct {
	Kind     string                `json:"kind"`
	ResultID string                `json:"resultId,omitempty"`
	Items    []protocol.Diagnostic `json:"items"`
}

// UnchangedDocumentDiagnosticReport answers it where the client has that already; Kind is "unchanged".
type UnchangedDocumentDiagnosticReport struct {
	Kind     string `json:"kind"`
	ResultID string `json:"resultId"`
}

// WorkspaceDiagnosticParams asks for the diagnostics of all files. PreviousResultIDs are those of the last answers. With a PartialResultToken, a string or a number, the
// client takes reports one by one.
type WorkspaceDiagnosticParams struct {
	PreviousResultIDs  []PreviousResultID `json:"previousResultIds"`
	PartialResultToken any                `json:"partialResultToken,omitempty"`
}

// PreviousResultID is what the client has of one document.
type PreviousResultID struct {
	URI   protocol.DocumentURI `json:"uri"`
	Value string               `json:"value"`
}

// WorkspaceDiagnosticReport answers workspace/diagnostic, in part or in whole; its items are never nil.
type WorkspaceDiagnosticReport struct {
	Items []WorkspaceFullDocumentDiagnosticReport `json:"items"`
}

// WorkspaceFullDocumentDiagnosticReport is all that there is of one document; Kind is "full". Version is null for one that is not open. Items is never nil.
type WorkspaceFullDocumentDiagnosticReport struct {
	URI      protocol.DocumentURI  `json:"uri"`
	Version  *int32                `json:"version"`
	Kind     string                `json:"kind"`
	ResultID string                `json:"resultId,omitempty"`
	Items    []protocol.Diagnostic `json:"items"`
}

// DidChangeTextDocumentParams carries edits; they apply one after another, each to the text the one before it left.
type DidChangeTextDocumentParams struct {
	TextDocument   protocol.VersionedTextDocumentIdentifier `json:"textDocument"`
	ContentChanges []TextDocumentContentChangeEvent         `json:"contentChanges"`
}

// TextDocumentContentChangeEvent replaces Range by Text, or the whole document where there is no Range.
type TextDocumentContentChangeEvent struct {
	Range *protocol.Range `json:"range,omitempty"`
	Text  string          `json:"text"`
}

// PublishDiagnosticsParams replaces everything published for URI before. Version is the document version that was looked at; nil for a
// document that is closed.
type PublishDiagnosticsParams struct {
	URI         protocol.DocumentURI  `json:"uri"`
	Version     *int32                `json:"version,omitempty"`
	Diagnostics []protocol.Diagnostic `json:"diagnostics"`
}

// CompletionItem is protocol.CompletionItem with the label details of 3.17.
type CompletionItem struct {
	protocol.CompletionItem
	LabelDetails *CompletionItemLabelDetails `json:"labelDetails,omitempty"`
}

// CompletionItemToResolve is an item on its way back from the client, field by field and undecoded: what the server does not know goes back as it came.
type CompletionItemToResolve map[string]json.RawMessage

// CompletionItemLabelDetails is what a menu shows beside the label: Description stands at the right end, dimmed.
type CompletionItemLabelDetails struct {
	Detail      string `json:"detail,omitempty"`
	Description string `json:"description,omitempty"`
}

// CompletionList answers textDocument/completion. Items is never nil, since a nil slice would be sent as null.
type CompletionList struct {
	IsIncomplete bool             `json:"isIncomplete"`
	Items        []CompletionItem `json:"items"`
}

// CodeActionParams asks what can be done at a range; Context carries the diagnostics that the client shows there.
type CodeActionParams struct {
	TextDocument protocol.TextDocumentIdentifier `json:"textDocument"`
	Range        protocol.Range                  `json:"range"`
	Context      struct {
		Diagnostics []Diagnostic              `json:"diagnostics"`
		Only        []protocol.CodeActionKind `json:"only,omitempty"`
		TriggerKind CodeActionTriggerKind     `json:"triggerKind,omitempty"`
	} `json:"context"`
}

// CodeActionTriggerKind says why actions are asked for; 0 is a client that does not say.
type CodeActionTriggerKind int

// Why actions are asked for: a user asks, or an editor wants to show that there are some.
const (
	CodeActionInvoked   CodeActionTriggerKind = 1
	CodeActionAutomatic CodeActionTriggerKind = 2
)

// Diagnostic is a diagnostic on its way back from the client, with whatever the server put into Data still undecoded. Raw is the whole of
// it, so that an answer can quote it as the client knows it.
type Diagnostic struct {
	Range  protocol.Range  `json:"range"`
	Source string          `json:"source,omitempty"`
	Code   string          `json:"-"` // "" where it is a number
	Data   json.RawMessage `json:"data,omitempty"`
	Raw    json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the undecoded text beside the fields.
func (d *Diagnostic) UnmarshalJSON(data []byte) error {
	type plain Diagnostic
	read := struct {
		*plain
		Code any `json:"code"`
	}{plain: (*plain)(d)}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	d.Code, _ = read.Code.(string)
	d.Raw = append(json.RawMessage(nil), data...)
	return nil
}

// MarshalJSON sends the diagnostic as it came.
func (d Diagnostic) MarshalJSON() ([]byte, error) { return d.Raw, nil }

// CodeAction is an edit, or a command, that the user may choose.
type CodeAction struct {
	Title       string                  `json:"title"`
	Kind        protocol.CodeActionKind `json:"kind"`
	Diagnostics []Diagnostic            `json:"diagnostics,omitempty"`
	IsPreferred bool                    `json:"isPreferred,omitempty"`
	Edit        *WorkspaceEdit          `json:"edit,omitempty"`
	Command     *protocol.Command       `json:"command,omitempty"`
	Data        json.RawMessage         `json:"data,omitempty"` // of an action whose edit is asked for later
}

// CodeActionToResolve is an action on its way back from the client, field by field and undecoded.
type CodeActionToResolve map[string]json.RawMessage

// WorkspaceEdit changes documents: Changes is for clients that know nothing else; DocumentChanges has elements of the types protocol.TextDocumentEdit,
// AnnotatedDocumentEdit and protocol.CreateFile, which go.lsp.dev/protocol does not let stand together.
type WorkspaceEdit struct {
	Changes           map[protocol.DocumentURI][]protocol.TextEdit `json:"changes,omitempty"`
	DocumentChanges   []any                                        `json:"documentChanges,omitempty"`
	ChangeAnnotations map[string]ChangeAnnotation                  `json:"changeAnnotations,omitempty"` // by id
}

// ChangeAnnotation says what edits are for.
type ChangeAnnotation struct {
	Label       string `json:"label"`
	Description string `json:"description,omitempty"`
}

// AnnotatedDocumentEdit is a protocol.TextDocumentEdit whose edits are annotated.
type AnnotatedDocumentEdit struct {
	TextDocument protocol.OptionalVersionedTextDocumentIdentifier `json:"textDocument"`
	Edits        []AnnotatedTextEdit                              `json:"edits"`
}

// AnnotatedTextEdit is an edit with the id of its annotation.
type AnnotatedTextEdit struct {
	protocol.TextEdit
	AnnotationID string `json:"annotationId"`
}

// DidChangeConfigurationParams carries the settings themselves from clients that push them, and null from clients that want to be asked
// by workspace/configuration.
type DidChangeConfigurationParams struct {
	Settings json.RawMessage `json:"settings"`
}

// ProgressParams reports on the work that Token, a string or a number, names.
type ProgressParams struct {
	Token any `json:"token"`
	Value any `json:"value"`
}

// WorkDoneProgressCreateParams asks the client to show the progress that Token names.
type WorkDoneProgressCreateParams struct {
	Token string `json:"token"`
}

// WorkDoneProgressCancelParams names the progress that the user had enough of: by a string, or by a number where the server made one.
type WorkDoneProgressCancelParams struct {
	Token any `json:"token"`
}

// CancelParams names the request to cancel: a number or a string.
type CancelParams struct {
	ID jsonrpc2.ID `json:"id"`
}
