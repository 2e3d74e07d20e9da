package ranking

import (
	"fmt"
	"slices"

	"mlm-lsp/lsp/typings"
	"mlm-lsp/typeinfer"
)

// TypeQuestion is a site whose annotation was taken out, with what typeinfer made of it.
type TypeQuestion struct {
	Project, Language, Kind string
	Typed                   string // typeinfer.Typed or Untyped
	Showable                bool
	Probability             float64 // of the first candidate
	Right                   bool    // it is what stood there
}

// fewestShown is how many sites there must be above a threshold for it to be believed.
const fewestShown = 24

// FitTypes chooses the thresholds from which types are shown: by language, kind of site and whether there are annotations around, the least probability above which the wanted share of what
// is shown is right. Where there is none, nothing is shown.
func FitTypes(questions []TypeQuestion, precision float64, log func(string)) (*typeinfer.Table, error) {
	t := &typeinfer.Table{Version: typeinfer.TableVersion, Least: map[string]map[string]map[string]typeinfer.Least{}}
	found := false
	for _, language := range typeinfer.Languages() {
		t.Least[language] = map[string]map[string]typeinfer.Least{}
		for _, kind := range typeinfer.Kinds() {
			t.Least[language][kind] = map[string]typeinfer.Least{}
			for _, typed := range []string{typeinfer.Typed, typeinfer.Untyped} {
				var of []TypeQuestion
				right := 0
				for _, q := range questions {
					if pool(q.Language, typed) == pool(language, typed) && q.Kind == kind && q.Typed == typed {
						of = append(of, q)
						if q.Right {
							right++
						}
					}
				}
				least, ok := threshold(of, precision)
				if ok {
					t.Least[language][kind][typed] = least
					found = true
				}
				if len(of) > 0 {
					log(fmt.Sprintf("%-10s %-9s %-7s %5d sites, first right at %.1f%%; shown from %.2f on: %.1f%%, %.1f%% right", language, kind, typed, len(of), 100*float64(right)/float64(len(of)),
						least.Probability, 100*least.Shown, 100*least.Right))
				}
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("fitting thresholds of types: at no probability %.0f%% of what is shown is right: ask for less, or at more sites", 100*precision)
	}
	return t, nil
}

// pool is which languages are taken together: those that are asked as TypeScript, but JavaScript with JSDoc around, whose types people write otherwise.
func pool(language, typed string) string {
	if language == "javascript" && typed == typeinfer.Typed {
		return language
	}
	return typings.CountedAs(language)
}

// threshold finds the least probability above which the wanted share is right.
func threshold(all []TypeQuestion, precision float64) (best typeinfer.Least, ok bool) {
	shown := slices.DeleteFunc(slices.Clone(all), func(q TypeQuestion) bool { return !q.Showable })
	slices.SortStableFunc(shown, func(a, b TypeQuestion) int {
		switch {
		case a.Probability > b.Probability:
			return -1
		case a.Probability < b.Probability:
			return 1
		}
		return 0
	})
	right := 0
	for i, q := range shown {
		if q.Right {
			right++
		}
		share := float64(right) / float64(i+1)
		if i+1 >= fewestShown && share >= precision && (i+1 == len(shown) || shown[i+1].Probability < q.Probability) {
			best, ok = typeinfer.Least{Probability: q.Probability, Sites: len(all), Shown: float64(i+1) / float64(len(all)), Right: share}, true
		}
	}
	return best, ok
}
