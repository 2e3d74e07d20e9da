package suspect

import (
	"slices"
	"sort"

	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// The methods below let evaluation and fitting see what Findings are made of.

// Len returns the number of sites.
func (e *Examination) Len() int { return len(e.sites) }

// At returns the index of the site of the single token that begins at an offset, -1 when it has none.
func (e *Examination) At(offset int) int {
	i := sort.Search(len(e.sites), func(i int) bool { return e.sites[i].span.Start >= offset })
	for ; i < len(e.sites) && e.sites[i].span.Start == offset; i++ {
		if e.sites[i].group != GroupArguments {
			return i
		}
	}
	return -1
}

// File returns what was examined.
func (e *Examination) File() *treesitter.File { return e.file.x.File }

// Span returns where site i stands, and Group how it is judged; see Groups.
func (e *Examination) Span(i int) treesitter.Span { return e.sites[i].span }

// Group returns the group of site i.
func (e *Examination) Group(i int) string { return e.sites[i].group }

// Kind returns for what threshold site i is reported, see Kinds.
func (e *Examination) Kind(i int) string { return e.sites[i].sort() }

// Choices returns what could stand at site i; the first is what does.
func (e *Examination) Choices(i int) []string {
	list := make([]string, len(e.sites[i].choices))
	for k, c := range e.sites[i].choices {
		list[k] = c.text
	}
	return list
}

// Suggestions returns the choices of site i but the first, those first that were likeliest meant.
func (e *Examination) Suggestions(i int) []string {
	list := make([]string, len(e.sites[i].order))
	for k, c := range e.sites[i].order {
		list[k] = e.sites[i].choices[c].text
	}
	return list
}

// Repair returns the log-probability that choice k of site i, not the first, was meant.
func (e *Examination) Repair(i, k int) float64 { return e.sites[i].repair[k] }

// Known returns what is known of choice k of site i, in the order of ChoiceInputs. The slice is the examination's own.
func (e *Examination) Known(i, k int) []float32 { return e.sites[i].choices[k].inputs[:] }

// KnownOfSite returns what rank's Detect may see of site i, in the order of Inputs.
func (e *Examination) KnownOfSite(i int) []float32 { return e.sites[i].detectInputs() }

// Finding returns the verdict on site i.
func (e *Examination) Finding(i int) Finding {
	return e.finding(i)
}

// Score returns what rank's Detect says of site i, before calibration.
func (e *Examination) Score(i int) float64 { return e.sites[i].scoreBy(e.table) }

// Reportable reports whether site i could be reported, were the odds of a mistake high enough.
func (e *Examination) Reportable(i int) bool { return !e.sites[i].barred }

// Alarm returns the log-odds of a mistake at site i by rank's Alarm, and whether the model was asked about it, without which it is not reported.
func (e *Examination) Alarm(i int) (logOdds float64, asked bool) {
	return e.sites[i].alarm, e.sites[i].confirmed
}

// Asked reports whether the model was asked about site i, for whatever reason.
func (e *Examination) Asked(i int) bool { return e.sites[i].confirmed }

// Judge judges all sites by another table.
func (e *Examination) Judge(t *rank.Table) {
	e.table = t
	for i := range e.sites {
		e.sites[i].judge(t)
	}
}

// ChoiceInputs are the names of what Known returns; Neutral those that know nothing of what stands at the site, which rank's Fit must keep to.
func ChoiceInputs() []string { return slices.Clone(inputNames[:]) }

// Neutral returns the names of the inputs that know nothing of what stands at the site.
func Neutral() []string {
	list := make([]string, len(neutral))
	for i, in := range neutral {
		list[i] = inputNames[in]
	}
	return list
}

// Forget frees what is known of the file. The examination can be judged again, and has no findings any more.
func (e *Examination) Forget() { e.file = nil }

// Function returns the innermost declaration around site i, the whole file if there is none.
func (e *Examination) Function(i int) treesitter.Span {
	return e.file.x.Function(e.sites[i].span.Start)
}
