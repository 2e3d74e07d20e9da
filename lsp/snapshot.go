package lsp

import (
	"net/url"
	"sync"

	"go.lsp.dev/protocol"

	"mlm-lsp/treesitter"
)

// snapshot is one version of one open document. It never changes; the syntax is parsed when it is first asked for, by whichever
// goroutine asks, and never on the dispatch loop.
type snapshot struct {
	uri      protocol.DocumentURI
	version  int32
	language string // as treesitter names it; empty for one that it does not know
	text     []byte
	mapper   *mapper
	file     func() *treesitter.File
}

func (s *server) newSnapshot(uri protocol.DocumentURI, version int32, language string, text []byte) *snapshot {
	return &snapshot{
		uri:      uri,
		version:  version,
		language: language,
		text:     text,
		mapper:   newMapper(text, s.encoding),
		file:     sync.OnceValue(func() *treesitter.File { return treesitter.Parse(language, text) }),
	}
}

// languageOf returns treesitter's name of a document's language. The editor's word counts where its id is one of ours, else the
// path's extension does.
func languageOf(id protocol.LanguageIdentifier, uri protocol.DocumentURI) string {
	switch id {
	case "typescriptreact":
		return "tsx"
	case "javascriptreact":
		return "javascript"
	}
	for _, known := range treesitter.Languages() {
		if string(id) == known {
			return known
		}
	}
	// uri.URI.Filename panics for anything but file:, and an unsaved buffer is not a file.
	if parsed, err := url.Parse(string(uri)); err == nil {
		return treesitter.LanguageOf(parsed.Path)
	}
	return ""
}
