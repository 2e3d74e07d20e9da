package protocol317

import "go.lsp.dev/protocol"

// MethodStatus is a notification of this server's own: what it can do from now on.
const MethodStatus = "mlm-lsp/status"

// StatusKind is what the server can do.
type StatusKind string

// The kinds of status.
const (
	StatusLoading StatusKind = "loading" // nothing yet
	StatusReady   StatusKind = "ready"
	StatusNoModel StatusKind = "noModel" // nothing in this session; the message says why
	StatusPaused  StatusKind = "paused"  // nothing until the user wants it
	StatusError   StatusKind = "error"   // the model has failed, and may answer again; the message says how
)

// Remedy is what a user can do about a status, for an editor to put a button to it.
type Remedy string

// The remedies.
const (
	RemedyInstall  Remedy = "install-runtime" // there is no runtime library, or none that can be used: mlm-lsp runtime install
	RemedySettings Remedy = "open-settings"   // a model or a library that the user named cannot be used
	RemedyRestart  Remedy = "restart"         // another session may do better
	RemedyResume   Remedy = "resume"          // the command mlm-lsp.resume
	RemedyLog      Remedy = "show-log"        // nothing is known to help: the log says more
)

// StatusParams tells what the server can do. Message is for people. Action is empty where nothing is amiss.
type StatusParams struct {
	Kind    StatusKind `json:"kind"`
	Message string     `json:"message,omitempty"`
	Action  Remedy     `json:"action,omitempty"`
}

// Surprise answers the command mlm-lsp.surprise: the tokens of a document's version that the model was asked about, in the order of the text.
type Surprise struct {
	Version int32             `json:"version"`
	Legend  []string          `json:"legend"` // of each level, which bits it stands for
	Tokens  []SurprisingToken `json:"tokens"`
}

// SurprisingToken is a token with its surprisal.
type SurprisingToken struct {
	Range protocol.Range `json:"range"`
	Bits  float64        `json:"bits"`  // mean over its subwords
	Level int            `json:"level"` // an index into the legend; 0 is no surprise
	Text  string         `json:"text"`  // plain text for a hover: kind, surprisal, and what would surprise less
}

// ApplyEditParams asks the editor to do an edit. (go.lsp.dev/protocol's knows no annotations.)
type ApplyEditParams struct {
	Label string         `json:"label,omitempty"`
	Edit  *WorkspaceEdit `json:"edit"`
}

// ApplyEditResult is what came of it. (The answer of go.lsp.dev/protocol is a bare boolean.)
type ApplyEditResult struct {
	Applied       bool   `json:"applied"`
	FailureReason string `json:"failureReason,omitempty"`
}
