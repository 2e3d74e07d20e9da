package evaluate

import (
	"fmt"
	"io"
	"sort"
	"text/tabwriter"
)

// classNames are the rows' classes in the order of the table.
var classNames = []string{"variable", "attribute", "call", "names", "type", "operator", "literal", "all"}

// sliceNames are the slices in the order of the table; languages come after them.
var sliceNames = []string{"all", "seen before", "seen only after", "unseen", "1 subword", "2 subwords", "3 and more subwords"}

// tabulate counts every item in all the rows that it belongs to.
func tabulate(items []*item, opts Options) []Row {
	type key struct{ class, slice string }
	rows := map[key]*Row{}
	languages := map[string]bool{}
	for _, it := range items {
		language := it.index.File.Language
		languages[language] = true
		slices := []string{"all", it.seen(), language}
		if opts.Subwords != nil {
			slices = append(slices, sliceNames[3+min(3, max(1, opts.Subwords(it.text)))])
		}
		classes := []string{it.class.String(), "all"}
		if it.class.Identifier() {
			classes = append(classes, "names")
		}
		for _, class := range classes {
			for _, slice := range slices {
				k := key{class, slice}
				if rows[k] == nil {
					rows[k] = &Row{Class: class, Slice: slice, Systems: map[string]Accuracy{}}
				}
				rows[k].add(it)
			}
		}
	}
	order := append([]string{}, sliceNames...)
	var more []string
	for language := range languages {
		more = append(more, language)
	}
	sort.Strings(more)
	var out []Row
	for _, class := range classNames {
		for _, slice := range append(order, more...) {
			if r := rows[key{class, slice}]; r != nil {
				r.divide()
				out = append(out, *r)
			}
		}
	}
	return out
}

// seen tells where else in the file the answer stands.
func (it *item) seen() string {
	f := it.index.File
	after := false
	for i, t := range f.Tokens {
		if i != it.token && t.Kind != f.Tokens[it.token].Kind && !(t.Kind.Identifier() && it.class.Identifier()) {
			continue
		}
		if i != it.token && it.index.Text(t.Span) == it.text {
			if i < it.token {
				return "seen before"
			}
			after = true
		}
	}
	if after {
		return "seen only after"
	}
	return "unseen"
}

// add sums; divide makes shares of the sums.
func (r *Row) add(it *item) {
	r.Count++
	if placeOf(it.text, it.candidates) >= 0 {
		r.Covered++
	}
	for system, place := range it.place {
		a := r.Systems[system]
		if place == 0 {
			a.At1++
		}
		if 0 <= place && place < 5 {
			a.At5++
		}
		if place >= 0 {
			a.MRR += 1 / float64(place+1)
		}
		r.Systems[system] = a
	}
}

func (r *Row) divide() {
	n := float64(r.Count)
	r.Covered /= n
	for system, a := range r.Systems {
		r.Systems[system] = Accuracy{a.At1 / n, a.At5 / n, a.MRR / n}
	}
}

// Print writes the result as a table: per cent at the first place, and among the first five.
func (r Result) Print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "class\tcases\t\tcovered\tmodel @1\t@5\tcache @1\t@5\tboth @1\t@5\tgenerated @1\t@5\t\n")
	for _, row := range r.Rows {
		fmt.Fprintf(table, "%s\t%d\t%s\t%.0f\t", row.Class, row.Count, row.Slice, 100*row.Covered)
		for _, system := range []string{SystemModel, SystemCache, SystemBoth, SystemGenerated} {
			if a, ok := row.Systems[system]; ok {
				fmt.Fprintf(table, "%.1f\t%.1f\t", 100*a.At1, 100*a.At5)
			} else {
				fmt.Fprint(table, "-\t-\t")
			}
		}
		fmt.Fprintln(table)
	}
	return table.Flush()
}
