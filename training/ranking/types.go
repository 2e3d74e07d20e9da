package ranking

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"mlm-lsp/lsp/typings"
	"mlm-lsp/typeinfer"
)

// TypeQuestion is a site whose annotation was taken out, with what typeinfer made of it by forests that had not seen its project.
type TypeQuestion struct {
	Project, Language, Kind string
	Typed                   string // typeinfer.Typed or Untyped
	Showable                bool
	Probability             float64 // the share of the first candidate, as the forests give it (an empty typeinfer.Table)
	Right                   bool    // it is what stood there
}

// TypeRules say when a threshold is one. They are set before anything is looked at.
type TypeRules struct {
	Precision float64 // the share of what is shown that must be right
	Sites     int     // how many sites at least must lie above a threshold; 0: 30
	Projects  int     // of how many projects at least; 0: 6
}

// The margin that is added to the precision is the least of so many steps that holds on projects that the thresholds were not chosen on.
const (
	marginStep = 0.01
	mostMargin = 10
)

// FitTypes makes of the shares that forests give probabilities, and chooses the thresholds from which types are shown.
//
// The line through the log-odds of a first share is that of its language, kind of site and whether most is annotated, drawn towards that of all languages by as much as there are few sites.
// The threshold is the least probability above which the wanted share is right, both by count and by the mean of the probabilities, in a pool of languages that are asked alike. Which of many thresholds
// looks best is luck in part, so what is aimed at is more than what is wanted: the least margin at which thresholds that were chosen on four fifths of the projects keep the wanted precision on the
// others (each fifth in turn), for files that annotate and for those that do not. Where there is no such threshold, nothing is shown.
func FitTypes(questions []TypeQuestion, rules TypeRules, log func(string)) (*typeinfer.Table, error) {
	if rules.Sites == 0 {
		rules.Sites = 30
	}
	if rules.Projects == 0 {
		rules.Projects = 6
	}
	if len(questions) == 0 {
		return nil, errors.New("fitting thresholds of types: nothing was asked: name more projects")
	}
	t := &typeinfer.Table{Version: typeinfer.TableVersion, Least: map[string]map[string]map[string]typeinfer.Least{}}
	found := false
	for _, typed := range []string{typeinfer.Typed, typeinfer.Untyped} {
		var of []TypeQuestion
		for _, q := range questions {
			if q.Typed == typed {
				of = append(of, q)
			}
		}
		margin := marginOf(of, typed, rules, log)
		chosen := chooseTypes(of, typed, rules, rules.Precision+margin)
		for _, language := range typeinfer.Languages() {
			if t.Least[language] == nil {
				t.Least[language] = map[string]map[string]typeinfer.Least{}
			}
			for _, kind := range typeinfer.Kinds() {
				if t.Least[language][kind] == nil {
					t.Least[language][kind] = map[string]typeinfer.Least{}
				}
				least := chosen[[2]string{language, kind}]
				t.Least[language][kind][typed] = least
				found = found || least.Probability > 0
				log(fmt.Sprintf("%-10s %-9s %-7s %5d sites; odds %+.2f %+.2f of the forests'; shown from %.2f on: %.1f%%, %.1f%% right", language, kind, typed, least.Sites, least.Shift, least.Slope,
					least.Probability, 100*least.Shown, 100*least.Right))
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("fitting thresholds of types: at no probability %.0f%% of what is shown is right: ask for less, or at more sites", 100*rules.Precision)
	}
	return t, nil
}

// marginOf finds the margin for files that annotate, or for those that do not.
func marginOf(questions []TypeQuestion, typed string, rules TypeRules, log func(string)) float64 {
	const folds = 5
	parts := make([][2][]TypeQuestion, folds) // what is chosen on, and what is held out
	for _, q := range questions {
		own := foldOf("thresholds "+family(q.Project), folds)
		for i := range parts {
			if i == own {
				parts[i][1] = append(parts[i][1], q)
			} else {
				parts[i][0] = append(parts[i][0], q)
			}
		}
	}
	for step := range mostMargin {
		margin := float64(step) * marginStep
		if rules.Precision+margin >= 1 {
			break
		}
		shown, right, all := 0, 0, 0
		for _, part := range parts {
			chosen := chooseTypes(part[0], typed, rules, rules.Precision+margin)
			for _, q := range part[1] {
				all++
				least := chosen[[2]string{q.Language, q.Kind}]
				if q.Showable && least.Probability > 0 && least.Of(q.Probability) >= least.Probability {
					shown++
					if q.Right {
						right++
					}
				}
			}
		}
		if shown == 0 {
			break
		}
		log(fmt.Sprintf("%s, aiming at %.1f%%: on projects held out %.1f%% of %d sites are shown, and %.1f%% of those are right", typed, 100*(rules.Precision+margin), 100*float64(shown)/float64(all), all,
			100*float64(right)/float64(shown)))
		if float64(right) >= rules.Precision*float64(shown) {
			return margin
		}
	}
	return float64(mostMargin) * marginStep
}

// chooseTypes fits lines and thresholds for files that annotate, or for those that do not, by language and kind.
func chooseTypes(questions []TypeQuestion, typed string, rules TypeRules, precision float64) map[[2]string]typeinfer.Least {
	chosen := map[[2]string]typeinfer.Least{}
	for _, kind := range typeinfer.Kinds() {
		of := func(wanted func(language string) bool) (list []TypeQuestion) {
			for _, q := range questions {
				if q.Kind == kind && wanted(q.Language) {
					list = append(list, q)
				}
			}
			return list
		}
		all := lineOf(of(func(string) bool { return true }), typeinfer.Least{Slope: 1})
		for _, language := range typeinfer.Languages() {
			chosen[[2]string{language, kind}] = lineOf(of(func(l string) bool { return l == language }), all)
		}
		for _, language := range typeinfer.Languages() {
			key := [2]string{language, kind}
			least := chosen[key]
			alike := of(func(l string) bool { return pool(l, typed) == pool(language, typed) })
			if len(alike) < rules.Sites || len(families(alike)) < rules.Projects { // too few to say anything of their own
				alike = of(func(l string) bool { return typings.CountedAs(l) == typings.CountedAs(language) })
			}
			for i, q := range alike {
				alike[i].Probability = chosen[[2]string{q.Language, kind}].Of(q.Probability)
			}
			least.Probability, least.Shown, least.Right = threshold(alike, rules, precision)
			least.Sites = len(alike)
			chosen[key] = least
		}
	}
	return chosen
}

func families(questions []TypeQuestion) map[string]bool {
	all := map[string]bool{}
	for _, q := range questions {
		all[family(q.Project)] = true
	}
	return all
}

// pool is which languages are taken together: those that are asked as TypeScript, but JavaScript with JSDoc around, whose types people write otherwise; where it is asked in too few projects, it is with
// the others, too.
func pool(language, typed string) string {
	if language == "javascript" && typed == typeinfer.Typed {
		return language
	}
	return typings.CountedAs(language)
}

// believed is by how much a line is drawn towards another: as by so many sites of which half are right.
const believed = 20

// lineOf is the line through the log-odds that makes what is right likeliest (Platt, "Probabilistic outputs for support vector machines", 1999), drawn towards another; by Newton's method.
func lineOf(questions []TypeQuestion, towards typeinfer.Least) typeinfer.Least {
	line := typeinfer.Least{Shift: towards.Shift, Slope: towards.Slope}
	for range 25 {
		// The first and second derivatives of the loss by shift and slope.
		const weight = believed / 4.
		g0, g1 := weight*(line.Shift-towards.Shift), weight*(line.Slope-towards.Slope)
		h00, h01, h11 := weight, 0., weight
		for _, q := range questions {
			if q.Probability <= 0 {
				continue
			}
			x := typeinfer.Odds(q.Probability)
			p := 1 / (1 + math.Exp(-line.Shift-line.Slope*x))
			d := p
			if q.Right {
				d--
			}
			w := max(p*(1-p), 1e-6)
			g0, g1 = g0+d, g1+d*x
			h00, h01, h11 = h00+w, h01+w*x, h11+w*x*x
		}
		det := h00*h11 - h01*h01
		line.Shift -= (h11*g0 - h01*g1) / det
		line.Slope -= (h00*g1 - h01*g0) / det
	}
	line.Slope = max(line.Slope, 0.1) // the surer, the likelier, whatever a few sites say
	return line
}

// threshold finds the least probability above which the wanted share is right; 0 where there is none.
func threshold(all []TypeQuestion, rules TypeRules, precision float64) (least, shown, right float64) {
	list := slices.DeleteFunc(slices.Clone(all), func(q TypeQuestion) bool { return !q.Showable })
	slices.SortStableFunc(list, func(a, b TypeQuestion) int {
		switch {
		case a.Probability > b.Probability:
			return -1
		case a.Probability < b.Probability:
			return 1
		}
		return 0
	})
	projects := map[string]bool{}
	count, sum := 0, 0.0
	for i, q := range list {
		if q.Right {
			count++
		}
		sum += q.Probability
		projects[family(q.Project)] = true
		n := float64(i + 1)
		if i+1 < rules.Sites || len(projects) < rules.Projects || i+1 < len(list) && list[i+1].Probability >= q.Probability {
			continue
		}
		if float64(count)/n >= precision && sum/n >= precision {
			least, shown, right = q.Probability, n/float64(len(all)), float64(count)/n
		}
	}
	return least, shown, right
}
