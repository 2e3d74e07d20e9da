package evaluate

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// Mistyped is how many annotations that people wrote are reported as suspicious (typeinfer.Suspicious), and how many of those that another type of the same file was put in place of.
type Mistyped struct {
	Files     int
	Languages []MistypedRow // by name
	Reports   []MistypedReport
}

// MistypedRow is of one language.
type MistypedRow struct {
	Language    string
	Annotations int
	Reported    int
	// Planted are annotations that were replaced, Found those reported, and Restored those of which the first suggestion means what had stood there.
	Planted, Found, Restored int
}

// MistypedReport is a report on what somebody wrote.
type MistypedReport struct{ Where, Message string }

// MeasureMistyped looks at all annotations of files, and plants up to most wrong ones in each language, file by file in turn. The draw depends on files and seed alone. It returns an error when
// there is no annotation, or ctx ends.
func MeasureMistyped(ctx context.Context, sources []Source, most int, seed uint64, progress func(done, total int)) (*Mistyped, error) {
	if most <= 0 {
		most = 500
	}
	m := &Mistyped{Files: len(sources)}
	count := &steps{total: len(sources), report: progress}
	rows, perFile := map[string]*MistypedRow{}, map[string]int{}
	for _, s := range sources {
		perFile[s.File.Language]++
	}
	for n, s := range sources {
		language := s.File.Language
		if !slices.Contains(typeinfer.Languages(), language) {
			continue
		}
		row := rows[language]
		if row == nil {
			row = &MistypedRow{Language: language}
			rows[language] = row
		}
		opts, err := s.typeOptions(ctx)
		if err != nil {
			return nil, fmt.Errorf("looking at the annotations of %s: %w", s.Path, err)
		}
		written := slices.DeleteFunc(typeinfer.Sites(s.File), func(site typeinfer.Site) bool { return site.Existing == "" })
		row.Annotations += len(written)
		found, err := typeinfer.Suspicious(ctx, nil, s.File, opts)
		if err != nil {
			return nil, fmt.Errorf("looking at the annotations of %s: %w", s.Path, err)
		}
		row.Reported += len(found)
		for _, f := range found {
			line := 1 + strings.Count(string(s.File.Text[:f.Span.Start]), "\n")
			m.Reports = append(m.Reports, MistypedReport{fmt.Sprintf("%s:%d", s.Path, line), f.Message()})
		}
		draw := rand.New(rand.NewPCG(seed, uint64(n)))
		draw.Shuffle(len(written), func(i, k int) { written[i], written[k] = written[k], written[i] })
		for i := 0; i < len(written) && i < max(1, most/perFile[language]) && row.Planted < most; i++ {
			if err := row.plant(ctx, s.File, written[i], written, draw, opts); err != nil {
				return nil, fmt.Errorf("looking at the annotations of %s: %w", s.Path, err)
			}
		}
		count.add(1)
	}
	for _, row := range rows {
		m.Languages = append(m.Languages, *row)
	}
	slices.SortFunc(m.Languages, func(a, b MistypedRow) int { return strings.Compare(a.Language, b.Language) })
	if len(m.Languages) == 0 {
		return nil, fmt.Errorf("looking at annotations: none of %d files is in a language whose types are suggested (%s)", len(sources), strings.Join(typeinfer.Languages(), ", "))
	}
	return m, nil
}

// plant puts the type of another annotation in place of one, and looks at it. Where the file has none that means something else, it does nothing.
func (r *MistypedRow) plant(ctx context.Context, f *treesitter.File, site typeinfer.Site, all []typeinfer.Site, draw *rand.Rand, opts typeinfer.Options) error {
	meant := typeinfer.Normalise(f.Language, site.Existing)
	var others []string
	for _, other := range all {
		if !slices.Contains(others, other.Existing) && typeinfer.Differs(f.Language, other.Existing, site.Existing) {
			others = append(others, other.Existing)
		}
	}
	if len(others) == 0 {
		return nil
	}
	slices.Sort(others)
	wrong := others[draw.IntN(len(others))]
	text := slices.Concat(f.Text[:site.Span.Start], []byte(wrong), f.Text[site.Span.End:])
	changed := treesitter.Parse(f.Language, text)
	opts.Only = func(span treesitter.Span) bool { return span.Start == site.Span.Start && span.Len() == len(wrong) }
	found, err := typeinfer.Suspicious(ctx, nil, changed, opts)
	if err != nil {
		return err
	}
	r.Planted++
	if len(found) > 0 {
		r.Found++
		if typeinfer.Normalise(f.Language, found[0].Candidates[0].Type) == meant {
			r.Restored++
		}
	}
	return nil
}

// typeOptions are what `mlm-lsp types` and `check` would tell typeinfer of the file.
func (s Source) typeOptions(ctx context.Context) (opts typeinfer.Options, err error) {
	if s.Around != nil {
		if opts.Around, err = s.Around(ctx); err != nil {
			return opts, err
		}
	}
	if s.Index != nil {
		known, err := s.Index(ctx)
		if err != nil {
			return opts, err
		}
		opts.Origins = typeinfer.FromIndex(known, s.File.Language, s.Path)
	}
	return opts, nil
}

// Markdown writes the figures as a table, and all reports on what people wrote below it.
func (m *Mistyped) Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("|  | annotations | reported | of 1,000 | planted | found | restored |\n|---|---|---|---|---|---|---|\n")
	share := func(part, of int) string {
		if of == 0 {
			return "-"
		}
		low, high := Wilson(float64(part), float64(of))
		return fmt.Sprintf("%.0f (%.0f-%.0f)", 100*float64(part)/float64(of), 100*low, 100*high)
	}
	for _, r := range m.Languages {
		fmt.Fprintf(&b, "| %s | %d | %d | %.2f | %d | %s | %s |\n", r.Language, r.Annotations, r.Reported, 1000*float64(r.Reported)/float64(max(1, r.Annotations)), r.Planted, share(r.Found, r.Planted), share(r.Restored, r.Planted))
	}
	b.WriteByte('\n')
	for _, r := range m.Reports {
		fmt.Fprintf(&b, "* %s: %s\n", r.Where, r.Message)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
