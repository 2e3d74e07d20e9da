package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"mlm-lsp/internal/wholefile"
)

// writeFile writes path, which holds the old text or the whole new one.
func writeFile(path string, write func(io.Writer) error) error {
	if err := wholefile.Write(path, write); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// progress is a progress bar on standard error when that is a terminal, and silence otherwise.
type progress struct {
	bar         *progressbar.ProgressBar
	doing, unit string
	terminal    bool
}

func newProgress(doing, unit string) *progress {
	return &progress{doing: doing, unit: unit, terminal: term.IsTerminal(int(os.Stderr.Fd()))}
}

// set says how many of total units are done.
func (p *progress) set(done, total int) {
	if !p.terminal {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(os.Stderr),
			progressbar.OptionSetDescription(p.doing),
			progressbar.OptionSetItsString(p.unit),
			progressbar.OptionShowCount(),
			progressbar.OptionClearOnFinish())
	}
	_ = p.bar.Set(done)
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}
