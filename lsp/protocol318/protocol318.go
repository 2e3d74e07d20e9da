// Package protocol318 holds the messages of LSP 3.18 that this server reads or writes. As in package protocol317, what is read is cut to the fields that are used.
package protocol318

import "go.lsp.dev/protocol"

// MethodInlineCompletion asks for texts that are shown in place.
const MethodInlineCompletion = "textDocument/inlineCompletion"

// InlineCompletionTriggerKind says why inline completions are asked for.
type InlineCompletionTriggerKind int

// Why inline completions are asked for: by a key, or by the editor itself while the user types.
const (
	InlineCompletionInvoked   InlineCompletionTriggerKind = 1
	InlineCompletionAutomatic InlineCompletionTriggerKind = 2
)

// InlineCompletionParams asks for inline completions at a position.
type InlineCompletionParams struct {
	protocol.TextDocumentPositionParams
	Context struct {
		TriggerKind InlineCompletionTriggerKind `json:"triggerKind"`
		// SelectedCompletionInfo is the item of a menu that is selected; what is offered must begin with its text.
		SelectedCompletionInfo *SelectedCompletionInfo `json:"selectedCompletionInfo,omitempty"`
	} `json:"context"`
}

// SelectedCompletionInfo is what a selected item of a menu would put into the document.
type SelectedCompletionInfo struct {
	Range protocol.Range `json:"range"`
	Text  string         `json:"text"`
}

// InlineCompletionList answers textDocument/inlineCompletion. Items is never nil.
type InlineCompletionList struct {
	Items []InlineCompletionItem `json:"items"`
}

// InlineCompletionItem is a text to be shown. Range is what it replaces, on one line; editors need it, since what a word is differs from one to another.
type InlineCompletionItem struct {
	InsertText string         `json:"insertText"`
	FilterText string         `json:"filterText,omitempty"`
	Range      protocol.Range `json:"range"`
}
