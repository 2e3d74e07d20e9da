package training

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// console shows a run: a bar that is redrawn on a terminal, plain lines now and then anywhere else.
type console struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	bar      *progressbar.ProgressBar
	stage    string    // of the bar
	lastLine time.Time // of plain progress
}

// plainEvery is the time between progress lines where there is no terminal.
const plainEvery = 20 * time.Second

func newConsole(out io.Writer) *console {
	f, ok := out.(*os.File)
	return &console{out: out, terminal: ok && term.IsTerminal(int(f.Fd())), lastLine: time.Now()}
}

func (c *console) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
}

// clear takes the bar off the terminal.
func (c *console) clear() {
	if c.bar != nil {
		_ = c.bar.Clear() // a terminal that takes no text shows no bar: nothing to do about it
		c.bar, c.stage = nil, ""
	}
}

// printf writes lines above the bar.
func (c *console) printf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bar != nil {
		_ = c.bar.Clear()
	}
	fmt.Fprintf(c.out, format+"\n", args...)
}

// count shows done of total things.
func (c *console) count(stage string, done, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show(stage, done, total, func() string { return fmt.Sprintf("%s: %d of %d", stage, done, total) })
	if done == total {
		c.clear()
	}
}

// show redraws the bar or, where there is none, prints a line if the last is old enough.
func (c *console) show(stage string, done, total int, line func() string) {
	if c.terminal {
		if c.stage != stage {
			c.clear()
			c.stage = stage
			c.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(c.out), progressbar.OptionSetWidth(24),
				progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
		}
		c.bar.Describe(line())
		_ = c.bar.Set(done)
		return
	}
	if time.Since(c.lastLine) >= plainEvery {
		c.lastLine = time.Now()
		fmt.Fprintln(c.out, line())
	}
}

// progress is what a step shows.
type progress struct {
	step              int
	loss              float64
	done              float64 // share of the run
	left              time.Duration
	subwordsPerSecond float64
}

// step shows the run's progress in thousandths, since a timed run has no number of steps.
func (c *console) step(p progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show("training", int(1000*min(p.done, 1)), 1000, func() string {
		return fmt.Sprintf("step %d  loss %.3f  %.0f subwords/s  %s left", p.step, p.loss, p.subwordsPerSecond, p.left.Round(time.Second))
	})
}
