package lsp

import (
	"path/filepath"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/baseline"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
)

// What a project's baseline knows is not shown. The file is looked for and read with the project's settings (configuration.go), which name it, and it is watched as they are. The one
// thing that it can do is to silence.

// known is the baseline that holds for a document.
type known struct {
	file               string // where it is, or would be; "" where none is wanted
	*baseline.Baseline        // nil where there is none, or a broken one
}

// baselineFile is where the baseline of a document is looked for, given the root of its project or else its folder; "" for nowhere.
func baselineFile(root string, wanted settings.Settings) string {
	if root == "" || wanted.DiagnosticsBaseline == "" {
		return ""
	}
	return filepath.Join(root, filepath.FromSlash(wanted.DiagnosticsBaseline))
}

// knows reports whether the baseline knows a finding of a code, at an offset of a snapshot where token stands.
func (k known) knows(snap *snapshot, code, token string, offset int) bool {
	return len(baseline.Subtract(k.Baseline, []int{offset}, func(int) (baseline.Entry, bool) { return k.entry(snap, code, token, offset), true })) == 0
}

func (k known) entry(snap *snapshot, code, token string, offset int) baseline.Entry {
	return baseline.NewEntry(filepath.Dir(k.file), pathOf(snap.uri), code, token, snap.text, offset)
}

// unknown leaves out of the findings to be shown those that the baseline knows.
func (k known) unknown(snap *snapshot, findings []suspect.Finding) []suspect.Finding {
	return baseline.Subtract(k.Baseline, findings, func(f suspect.Finding) (baseline.Entry, bool) {
		return k.entry(snap, f.Code, f.Token, f.Span.Start), true
	})
}

// watchBaseline asks to be told of changes to a baseline of another name than the usual one, which is watched from the start.
func (s *server) watchBaseline(name string) {
	if name == "" || s.watchedBaselines[name] || !s.client.Workspace.DidChangeWatchedFiles.DynamicRegistration {
		return
	}
	s.watchedBaselines[name] = true
	s.register("asking to be told of changes to a baseline", watcher("baseline "+name, "**/"+name))
}

// settles reports whether a file is one that settings and baselines are read from: a project's file, or the baseline of an open document.
func (s *server) settles(name protocol.DocumentURI) bool {
	path := pathOf(name)
	if path == "" {
		return false
	}
	if base := filepath.Base(path); base == settings.FileName || base == baseline.FileName {
		return true
	}
	for _, doc := range s.documents {
		if doc.known.file == path {
			return true
		}
	}
	return false
}
