package protocol317

import (
	"encoding/json"

	"go.lsp.dev/protocol"
)

// InlayHintCapability is what the client can do with hints.
type InlayHintCapability struct {
	ResolveSupport ResolveSupport `json:"resolveSupport"`
}

// InlayHintOptions announce that the client may ask for hints.
type InlayHintOptions struct {
	ResolveProvider bool `json:"resolveProvider,omitempty"`
}

// InlayHintParams asks for the hints in a range.
type InlayHintParams struct {
	TextDocument protocol.TextDocumentIdentifier `json:"textDocument"`
	Range        protocol.Range                  `json:"range"`
}

// InlayHintType is the kind of a hint that tells a type. (The other kind names parameters at calls.)
const InlayHintType = 1

// InlayHint is a text that is shown at a position and is not part of the document. TextEdits write it, and what it needs, into the document.
type InlayHint struct {
	Position     protocol.Position       `json:"position"`
	Label        string                  `json:"label"`
	Kind         int                     `json:"kind,omitempty"`
	TextEdits    []protocol.TextEdit     `json:"textEdits,omitempty"`
	Tooltip      *protocol.MarkupContent `json:"tooltip,omitempty"`
	PaddingLeft  bool                    `json:"paddingLeft,omitempty"`
	PaddingRight bool                    `json:"paddingRight,omitempty"`
	Data         json.RawMessage         `json:"data,omitempty"` // of a hint whose rest is asked for later
}
