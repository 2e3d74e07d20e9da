package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mlm-lsp/model"
	"mlm-lsp/model/bundle"
)

// newDoctor returns the command that looks at everything predictions depend on.
func newDoctor() *cobra.Command {
	var flags modelFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at everything that predictions depend on",
		Long: `Say which library, device and model are used and why, test them on a built-in sample, compare int8 with fp32 and
take the time of a forward pass. Exits with 1 when something needs mending.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := model.Diagnose(cmd.Context(), model.DiagnoseOptions{
				Library: flags.library, Open: flags.openBundle, Model: flags.options(),
			})
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			if asJSON {
				if err := json.NewEncoder(cmd.OutOrStdout()).Encode(d); err != nil {
					return err
				}
			} else {
				printDiagnosis(cmd.OutOrStdout(), d)
			}
			if d.Library == nil || d.Bundle == nil || len(d.SelfTest) == 0 {
				return errFindings
			}
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object")
	return cmd
}

func printDiagnosis(w io.Writer, d model.Diagnosis) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	row("mlm-lsp", "%s", version())
	if d.Library != nil {
		row("library", "ONNX Runtime %s, %s (%s)", d.Library.Version, d.Library.Path, d.Library.Origin)
	}
	for _, s := range d.Devices {
		if s.Usable {
			row("device", "%s: usable", s.Name)
		} else {
			row("device", "%s: no, %s", s.Name, s.Reason)
		}
	}
	if d.Device.Used != "" {
		row("used", "%s: %s", d.Device.Used, d.Device.Reason)
	}
	row("processor", "%d threads; %s", d.Threads, strings.Join(d.CPU, " "))
	printBundle(w, d.Bundle)
	for _, s := range d.SelfTest {
		mark := "right"
		if s.Got != s.Want {
			mark = fmt.Sprintf("wrong, %q", s.Got)
		}
		row("self-test", "%s: wanted %q at %.1f%%: %s", s.Language, s.Want, 100*s.Probability, mark)
	}
	if a := d.Agreement; a != nil {
		row("int8/fp32", "the same subword at %.1f%% of %d sites; log-probabilities differ by %.3f", 100*a.Top1, a.Sites, a.Difference)
	}
	if l := d.Latency; l != nil {
		row("latency", "%d subwords, %s: p50 %s, p95 %s of %d passes; %.0f rows a second where there are many", l.Subwords, l.Precision, milliseconds(l.P50), milliseconds(l.P95), l.Runs, l.RowsPerSecond)
	}
	for _, p := range d.Problems {
		row("problem", "%s", p)
	}
}

// printBundle shows a bundle; nil prints nothing.
func printBundle(w io.Writer, b *model.BundleState) {
	if b == nil {
		return
	}
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	title := b.Name
	if b.Title != "" {
		title += ": " + b.Title
	}
	row("bundle", "%s", title)
	row("digest", "%s", b.Digest)
	row("languages", "%s", strings.Join(b.Languages, ", "))
	about := []string{b.Architecture, fmt.Sprintf("%.1f million parameters, vocabulary %d, window %d", float64(b.Parameters)/1e6, b.Vocabulary, b.Window)}
	if len(b.Heads) > 0 {
		about = append(about, "heads: "+strings.Join(b.Heads, " and "))
	}
	if b.Precision != "" {
		about = append(about, string(b.Precision))
	}
	row("model", "%s", strings.Join(about, ", "))
	var names []string
	for name := range b.Files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		row("file", "%-22s %6.2f MB", name, float64(b.Files[name])/1e6)
	}
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1000) }

// newBench returns the command that takes the time of forward passes.
func newBench() *cobra.Command {
	var flags modelFlags
	var opts model.BenchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Take the time of forward passes, fp32 and int8 in turns",
		Long: `Take the time of forward passes of one row, fp32 and int8 in turns, and how many rows a second are looked at where there are many at once,
as in a check. A completion asks for some rows, one after another, and spends some milliseconds beside them: docs/serving.md.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			lib, err := findLibrary(cmd.Context(), flags.library)
			if err != nil {
				return err
			}
			b, err := flags.openBundle()
			if err != nil {
				return err
			}
			defer b.Close()
			show := newProgress("measuring", "passes")
			defer show.finish()
			opts.Model, opts.Tell = flags.options(), show.set
			results, err := model.Bench(cmd.Context(), lib, b, opts)
			if err != nil {
				return err
			}
			show.finish()
			printBench(cmd.OutOrStdout(), results)
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().IntVar(&opts.Rounds, "rounds", 30, "passes of each kind")
	cmd.Flags().IntSliceVar(&opts.Lengths, "subwords", nil, "lengths of a row (default 128,256,512)")
	return cmd
}

func printBench(w io.Writer, results []model.BenchResult) {
	fp32 := map[int]float64{}
	for _, r := range results {
		if r.Precision == bundle.PrecisionFP32 {
			fp32[r.Subwords] = r.P50.Seconds()
		}
	}
	fmt.Fprintf(w, "%8s  %-9s  %9s  %9s  %9s  %s\n", "subwords", "precision", "p50", "p95", "fp32/this", "rows/s")
	for _, r := range results {
		ratio := math.NaN()
		if base := fp32[r.Subwords]; base > 0 {
			ratio = base / r.P50.Seconds()
		}
		fmt.Fprintf(w, "%8d  %-9s  %9s  %9s  %9.2f  %.0f\n", r.Subwords, r.Precision, milliseconds(r.P50), milliseconds(r.P95), ratio, r.RowsPerSecond)
	}
}
