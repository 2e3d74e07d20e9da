package evaluate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mlm-lsp/treesitter"
)

// target is a figure that was aimed at.
type target struct {
	what, asked string
	measured    func(Result) string // "" where the result does not say
}

// targets are those of each task, and of comparisons by the models' names.
var targets = map[string][]target{
	"cloze": {
		{"names among the candidates, right at once where covered", "80", share("names", SliceAll, SystemCombined, "of covered@1")},
		{"the same, among five", "93", share("names", SliceAll, SystemCombined, "of covered@5")},
		{"names of two and more subwords behind those of one, points", "at most 10", behind},
		{"operators, right at once", "90", share("operator", SliceAll, SystemCombined, "@1")},
		{"the combination above each of its parts in every language, names", "all, beyond doubt", everywhere("names")},
		{"calibration error of what is shown", "at most 5", calibrated(SystemCombined)},
	},
	"complete": {
		{"the combination above each of its parts in every language, nothing typed", "all, beyond doubt", everywhere(typedClass(0))},
		{"calibration error of what is shown", "at most 5", calibrated(SystemCombined)},
	},
	"types": {
		{"TypeScript's hundred most frequent types, right at once", "80", share(SliceAll, sliceTypeScript, SystemTypes, "@1")},
		{"all types, right at once", "55", share(SliceAll, SliceAll, SystemTypes, "@1")},
		{"Python, mean reciprocal rank", "70", share(SliceAll, "python", SystemTypes, "MRR")},
		{"sites at which a type is shown", "50", share(SliceAll, SliceAll, SystemTypes, "shown")},
		{"what is shown is what the author wrote", "90", share(SliceAll, SliceAll, SystemTypes, "precise")},
		{"calibration error of what is suggested", "at most 5", calibrated(SystemTypes)},
	},
	"fixes": {
		{"real fixes: repair at once, names that are covered", "55", share("identifiers", SliceAll, SystemCheck, "of covered@1")},
		{"real fixes: repair at once, operators that are covered", "80", share("operator", SliceAll, SystemCheck, "of covered@1")},
		{"real fixes: the wrong token is more suspicious than the right one", "65", share(SliceAll, SliceAll, SystemCheck, "pairs")},
		{"real fixes: the most suspicious place of its function", "20", share(SliceAll, SliceAll, SystemCheck, "in function@1")},
		{"real fixes: reported at the shipped thresholds", "10", share(SliceAll, SliceAll, SystemCheck, "recall")},
	},
	"bugs": {
		{"planted mistakes: reported at the shipped thresholds", "30", planted},
		{"misspelt names: reported at the shipped thresholds", "30", share("misspelt", SliceAll, SystemCheck, "recall")},
	},
	"fp32, int8": {
		{"int8 less fp32, the combination, right at once", "at least -1", loss(SystemCombined)},
		{"int8 less fp32, the model alone, right at once", "at least -1", loss(SystemModel)},
	},
}

// sliceLong holds the names of more than one subword.
const sliceLong = "2 and more subwords"

// asked lays out what was aimed at beside what was measured; ok is false where nothing was asked.
func (r Result) asked() (t table, ok bool) {
	t = table{title: r.Task + ", asked and measured", header: []string{"figure", "task", "asked", "measured"}}
	list := targets[r.Task]
	if len(r.Models) > 1 {
		list = targets[strings.Join(r.Models, ", ")]
	}
	for _, x := range list {
		if text := x.measured(r); text != "" {
			t.rows = append(t.rows, []string{x.what, r.Task, x.asked, text})
		}
	}
	return t, len(t.rows) > 0
}

// share is one measure of one row.
func share(class, slice, system, metric string) func(Result) string {
	return func(r Result) string {
		row, ok := r.Find(class, slice)
		e, measured := row.Systems[system][metric]
		if !ok || !measured || math.IsNaN(e.Value) {
			return ""
		}
		text := fmt.Sprintf("%.1f", 100*e.Value)
		if !math.IsNaN(e.Low) {
			text += fmt.Sprintf(" (%.0f-%.0f)", 100*e.Low, 100*e.High)
		}
		return text + fmt.Sprintf(" of %d", r.counted(class, slice, system, metric))
	}
}

// planted is how many planted mistakes are reported, where they are not of spelling: those have a figure of their own.
func planted(r Result) string {
	if row, ok := r.Find("misspelt", SliceAll); ok && row.Count > 0 {
		return ""
	}
	return share(SliceAll, SliceAll, SystemCheck, "recall")(r)
}

// counted is the number of cases of a row that a measure says something about: some are taken of a part of them.
func (r Result) counted(class, slice, system, metric string) (n int) {
	for _, c := range r.Cases {
		in := class == SliceAll || c.Class == class || slices.Contains(r.Pooled[c.Class], class)
		in = in && (slice == SliceAll || c.Language == slice || slices.Contains(c.Slices, slice))
		if _, ok := c.Systems[system].Measures[metric]; in && ok {
			n++
		}
	}
	return n
}

// loss is what the second of two models adds to the first.
func loss(system string) func(Result) string {
	return func(r Result) string {
		row, _ := r.Find(SliceAll, SliceAll)
		for _, d := range row.Differences {
			if e, ok := d.Measures["@1"]; ok && d.Of == r.Models[1]+": "+system && d.Minus == r.Models[0]+": "+system {
				return fmt.Sprintf("%+.1f (%+.1f to %+.1f) of %d", 100*e.Value, 100*e.Low, 100*e.High, row.Count)
			}
		}
		return ""
	}
}

// behind is how much more often names of one subword are right at once than longer ones.
func behind(r Result) string {
	value := func(slice string) (float64, bool) {
		row, ok := r.Find("names", slice)
		e, measured := row.Systems[SystemCombined]["@1"]
		return 100 * e.Value, ok && measured
	}
	one, okOne := value(sliceSubwords[0])
	more, okMore := value(sliceLong)
	if !okOne || !okMore {
		return ""
	}
	return fmt.Sprintf("%.1f (%.1f less %.1f)", one-more, one, more)
}

// everywhere counts the languages in which the combination is above a part, and those in which the interval of the difference is.
func everywhere(class string) func(Result) string {
	return func(r Result) string {
		above, sure, all := map[string]int{}, map[string]int{}, map[string]int{}
		var parts []string
		for _, row := range r.Rows {
			if row.Class != class || !slices.Contains(treesitter.Languages(), row.Slice) {
				continue
			}
			for _, d := range row.Differences {
				e, ok := d.Measures["@1"]
				if d.Of != SystemCombined || !ok {
					continue
				}
				if !slices.Contains(parts, d.Minus) {
					parts = append(parts, d.Minus)
				}
				all[d.Minus]++
				if e.Value > 0 {
					above[d.Minus]++
				}
				if e.Low > 0 {
					sure[d.Minus]++
				}
			}
		}
		var list []string
		for _, part := range parts {
			list = append(list, fmt.Sprintf("%s: above in %d of %d, beyond doubt in %d", part, above[part], all[part], sure[part]))
		}
		return strings.Join(list, "; ")
	}
}

// calibrated tells the error of a system over all cases, and of the classes and languages that are off by most.
func calibrated(system string) func(Result) string {
	return func(r Result) string {
		var whole *Reliability
		worst := map[bool]*Reliability{} // by whether it is a language
		list := r.Reliability()
		for i := range list {
			e := &list[i]
			first := e.Class == r.whole()
			switch {
			case e.System != system:
			case first && e.Slice == SliceAll:
				whole = e
			case e.Slice == SliceAll, first:
				language := e.Slice != SliceAll
				if w := worst[language]; w == nil || e.Error > w.Error {
					worst[language] = e
				}
			}
		}
		if whole == nil {
			return ""
		}
		text := fmt.Sprintf("%.1f of %d", 100*whole.Error, whole.Count)
		for _, language := range []bool{false, true} {
			if e := worst[language]; e != nil {
				name := e.Class
				if language {
					name = e.Slice
				}
				text += fmt.Sprintf("; at most %.1f: %s (by chance %.1f)", 100*e.Error, name, 100*e.Chance)
			}
		}
		return text
	}
}
