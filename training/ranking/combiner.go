package ranking

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/model/rank"
)

// Question is a gap whose right text is known, for FitCombiner.
type Question struct {
	Project string      `json:"project"` // those of one project are never on both sides of a split
	Group   string      `json:"group"`   // see gap.Groups
	Mode    string      `json:"mode"`    // how it was asked, for the record
	Inputs  [][]float32 `json:"inputs"`  // of each candidate, in the order of gap.Inputs; NaN is unknown
	Answer  int         `json:"answer"`  // the place of the right one
	// Rest: the last of Inputs stands for that it is none of the others.
	Rest bool `json:"rest"`
}

// CombinerOptions says how to fit.
type CombinerOptions struct {
	Seed uint64
	// Groups are those that are fitted; nil: all.
	Groups []string
	// Log gets a line per forest with what it reached on held-out projects; may be nil.
	Log func(line string)
}

// heldOut is one of how many projects is held out, to end the growth of forests and to say what they reach.
const heldOut = 6

// HeldOut tells whether a project is one that FitCombiner fits nothing on.
func HeldOut(project string) bool { return foldOf(family(project), heldOut) == 0 }

// family is what the names of packages that are made together begin with: their code is alike, so they are on the same side of a split.
func family(project string) string {
	name, _, _ := strings.Cut(filepath.Base(project), "-")
	return name
}

// FitCombiner fits the forests of package gap: for each group one without the model's inputs and one with them. It returns an error when there is too little to
// learn from.
func FitCombiner(questions []Question, opts CombinerOptions) (*rank.Combiner, error) {
	if opts.Log == nil {
		opts.Log = func(string) {}
	}
	c := &rank.Combiner{Version: rank.CombinerVersion, Static: map[string]*rank.Forest{}, Full: map[string]*rank.Forest{}}
	if opts.Groups == nil {
		opts.Groups = gap.Groups()
	}
	all := gap.Inputs()
	for _, name := range opts.Groups {
		var train, held, asked []group
		for _, q := range questions {
			if q.Group != name || len(q.Inputs) < 2 {
				continue
			}
			one := group{rows: q.Inputs, target: q.Answer, weight: 1}
			switch {
			case !HeldOut(q.Project):
				train = append(train, thinned(q.sometimesBare()))
			default:
				held = append(held, one)
				if answered(q) {
					asked = append(asked, one)
				}
			}
		}
		if len(train) < 50 || len(asked) < 10 {
			return nil, fmt.Errorf("fitting the combiner: %d questions about a %s, %d of them held out: name more projects to ask about", len(train)+len(held), name, len(asked))
		}
		g := combinerGrowth
		g.seed += opts.Seed
		static, err := boost(gap.Static(), only(all, gap.Static(), train), only(all, gap.Static(), held), g)
		if err != nil {
			return nil, err
		}
		full, err := boost(all, train, asked, g)
		if err != nil {
			return nil, err
		}
		c.Static[name], c.Full[name] = static, full
		rest := name == gap.GroupAnnotation
		opts.Log(fmt.Sprintf("static/%s: %d questions, %d trees; %d of held-out projects: %s", name, len(train), static.Len(), len(held), reached(all, static, held, rest)))
		opts.Log(fmt.Sprintf("full/%s: %d questions, %d trees; %d of held-out projects that the model was asked about: %s; static on those: %s", name, len(train), full.Len(), len(asked),
			reached(all, full, asked, rest), reached(all, static, asked, rest)))
	}
	return c, nil
}

// TypeFolds is how many parts CrossFit makes of the projects.
const TypeFolds = 4

// TypeFold is the part that a project is in, from 0.
func TypeFold(project string) int { return foldOf(family(project), TypeFolds) }

// CrossFit fits the forest of annotations that asks no model once for each part of the projects (TypeFold), on the questions of the others: each is as good as the one that is fitted on all,
// or a little worse, and has not seen the projects of its part.
func CrossFit(questions []Question, opts CombinerOptions) ([]*rank.Combiner, error) {
	g := combinerGrowth
	g.seed += opts.Seed
	list := make([]*rank.Combiner, TypeFolds)
	for fold := range list {
		var train []group
		for _, q := range questions {
			if q.Group == gap.GroupAnnotation && len(q.Inputs) >= 2 && TypeFold(q.Project) != fold {
				train = append(train, thinned(q.sometimesBare()))
			}
		}
		if len(train) < 50 {
			return nil, fmt.Errorf("fitting forests of annotations: %d questions of other projects than those of part %d: name more projects to ask about", len(train), fold)
		}
		f, err := boost(gap.Static(), only(gap.Inputs(), gap.Static(), train), nil, g)
		if err != nil {
			return nil, err
		}
		list[fold] = &rank.Combiner{Version: rank.CombinerVersion, Static: map[string]*rank.Forest{gap.GroupAnnotation: f}, Full: map[string]*rank.Forest{}}
		if opts.Log != nil {
			opts.Log(fmt.Sprintf("part %d: fitted on %d annotations of other projects", fold, len(train)))
		}
	}
	return list, nil
}

// answered tells whether the model was asked.
func answered(q Question) bool {
	return slices.ContainsFunc(q.Inputs, func(row []float32) bool { return row[gap.ModelOver] == row[gap.ModelOver] })
}

// combinerGrowth was chosen on held-out projects of the first fit.
var combinerGrowth = growth{trees: 320, depth: 5, rate: 0.1, lambda: 3, least: 1.5, share: 0.8, columns: 0.5, patient: 20, seed: 1}

// bare is one of how many questions is learnt from as if the bundle had no n-grams of a corpus: the forests must rank without them, too.
const bare = 8

// sometimesBare takes what a corpus knows from one of so many questions, a draw that depends on nothing but the question; the others stay as they are.
func (q Question) sometimesBare() Question {
	h := fnv.New32a()
	fmt.Fprint(h, q.Project, q.Mode, q.Answer, len(q.Inputs), q.Inputs[q.Answer][gap.Project])
	if h.Sum32()%bare != 0 {
		return q
	}
	rows := make([][]float32, len(q.Inputs))
	for i, row := range q.Inputs {
		rows[i] = slices.Clone(row)
		for in := gap.Corpus; in <= gap.CorpusKnown; in++ {
			rows[i][in] = rank.Unknown
		}
		for in, project := range map[gap.Input]gap.Input{
			gap.Mixed: gap.Project, gap.MixedOver: gap.ProjectOver, gap.MixedLeft: gap.ProjectLeft, gap.MixedRight: gap.ProjectRight, gap.MixedPlace: gap.ProjectPlace,
		} {
			rows[i][in] = row[project]
		}
	}
	q.Inputs = rows
	return q
}

// mostOthers bounds the wrong candidates of a question that are learnt from: beyond them nothing changes but the time.
const mostOthers = 63

// thinned is a question with the right candidate and a draw of the others.
func thinned(q Question) group {
	g := group{rows: q.Inputs, target: q.Answer, weight: 1}
	if len(q.Inputs) <= mostOthers+2 {
		return g
	}
	// Those that the n-grams put first are the ones to tell from it; of the rest a draw.
	order := make([]int, 0, len(q.Inputs))
	last := len(q.Inputs)
	if q.Rest {
		last--
	}
	for i := range last {
		if i != q.Answer {
			order = append(order, i)
		}
	}
	if q.Group != gap.GroupAnnotation { // those stand in the order of their promise
		slices.SortStableFunc(order, func(a, b int) int {
			return int(q.Inputs[a][gap.ProjectPlace] - q.Inputs[b][gap.ProjectPlace])
		})
	}
	h := fnv.New64a()
	fmt.Fprint(h, q.Project, q.Answer, len(q.Inputs))
	random := rand.New(rand.NewPCG(h.Sum64(), 5))
	rest := order[mostOthers/2:]
	random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	g.rows, g.target, g.offset = [][]float32{q.Inputs[q.Answer]}, 0, []float64{0}
	for k, i := range order[:mostOthers] {
		g.rows = append(g.rows, q.Inputs[i])
		stands := 0.0
		if k >= mostOthers/2 { // for those that were not drawn, too: else shares come out too large
			stands = math.Log(float64(len(rest)) / float64(mostOthers-mostOthers/2))
		}
		g.offset = append(g.offset, stands)
	}
	if q.Rest && q.Answer != last {
		g.rows, g.offset = append(g.rows, q.Inputs[last]), append(g.offset, 0)
	}
	return g
}

// reached says how often a forest puts the right candidate first and among five, and how far what it says of its first is from how often that is right. With rest the last row is
// no candidate; where it is the right one, there is none.
func reached(all []string, f *rank.Forest, groups []group, rest bool) string {
	first, fifth, stated := 0.0, 0.0, 0.0
	for _, g := range only(all, f.Inputs(), groups) {
		scores := make([]float64, len(g.rows))
		for k, row := range g.rows {
			scores[k] = f.Score(row)
		}
		candidates := len(g.rows)
		if rest {
			candidates--
		}
		shares := softmax(scores, nil)
		stated += slices.Max(shares[:candidates])
		if g.target >= candidates {
			continue
		}
		above := 0
		for k, s := range scores[:candidates] {
			if k != g.target && s >= scores[g.target] {
				above++
			}
		}
		if above == 0 {
			first++
		}
		if above < 5 {
			fifth++
		}
	}
	n := float64(len(groups))
	return fmt.Sprintf("%.1f%% at the first place (%.1f%% stated), %.1f%% among five", 100*first/n, 100*stated/n, 100*fifth/n)
}
