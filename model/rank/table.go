package rank

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
)

// Table is what package suspect judges with, by group of sites. It is fitted (training/ranking) and kept in the bundle; Default is the one that was fitted without a model.
type Table struct {
	// Version is that of the meaning of the inputs: a table that was fitted for other meanings is of no use.
	Version int `json:"version"`
	// Fit ranks what could stand at a place, whatever does; Repair ranks what could have been meant by what does; Detect, for all groups, tells how likely it is wrong.
	Fit    map[string]*Forest `json:"fit"`
	Repair map[string]*Forest `json:"repair"`
	Detect *Forest            `json:"detect,omitempty"`
	// Blend is what the model's log-probability of a choice, masked alone, adds to Repair where the model was asked, by group.
	Blend map[string]float64 `json:"blend,omitempty"`
	// Calibration turns the sum of Detect into the log-odds of a mistake, by "kind/language" or "kind/*".
	Calibration map[string]Calibration `json:"calibration,omitempty"`
	// Sensitivities say, for Normal and Quiet, from which log-odds (Alarm's) on a site is reported.
	Sensitivities map[string]Sensitivity `json:"sensitivities,omitempty"`
	// Alarm decides what is reported; nil reports nothing.
	Alarm *Alarm `json:"alarm,omitempty"`
}

// Alarm tells mistakes from all that is right, in two steps. Detect compares the sites of one file; these forests say how likely a site is wrong wherever it stands.
type Alarm struct {
	// Screen sums, with ScreenBias, to the log-odds of a mistake by what is known without the model, which is asked about sites from Ask on.
	Screen     *Forest `json:"screen"`
	ScreenBias float64 `json:"screen_bias"`
	Ask        float64 `json:"ask"`
	// Confirm is what the model's answer adds to them at a site that it was asked about; the thresholds of Sensitivities are for those.
	Confirm *Forest `json:"confirm"`
}

// Version is the version of tables that this program reads.
const Version = 2

// Calibration is a monotone, piecewise linear table from a raw score to log-odds. Scores ascend.
type Calibration struct {
	Scores  []float64 `json:"scores"`
	LogOdds []float64 `json:"log_odds"`
}

// The sensitivities: how readily what looks wrong is reported.
const (
	Normal = "normal" // so many reports on 1,000 right lines
	Quiet  = "quiet"  // and besides in so few of the right functions
)

// Sensitivities lists the sensitivities, the default first.
func Sensitivities() []string { return []string{Normal, Quiet} }

// Sensitivity is where reports begin, and what they were measured to be on files and mistakes that the table was not fitted on.
type Sensitivity struct {
	// Thresholds are by "kind/language" or "kind/*"; a kind without one is never reported.
	Thresholds map[string]Threshold `json:"thresholds"`
	// PerThousandLines are the reports on 1,000 right lines, Functions the share of right functions that hold one, of files that the thresholds were not chosen on.
	PerThousandLines float64 `json:"per_thousand_lines"`
	Functions        float64 `json:"functions"`
	// Recall is the share of people's mistakes that is reported, in projects held out; Misspelt that of their misspelt names.
	Recall   float64 `json:"recall"`
	Misspelt float64 `json:"misspelt"`
}

// Threshold is where reports of a kind begin, and the share of mistakes of that kind that reach it.
type Threshold struct {
	LogOdds float64 `json:"log_odds"`
	Recall  float64 `json:"recall"`
}

// Apply returns the log-odds of a score: linear between the points and beyond the ends, where it goes on with slope one.
func (c Calibration) Apply(score float64) float64 {
	n := len(c.Scores)
	if n == 0 {
		return score
	}
	if score <= c.Scores[0] {
		return c.LogOdds[0] + score - c.Scores[0]
	}
	if score >= c.Scores[n-1] {
		return c.LogOdds[n-1] + score - c.Scores[n-1]
	}
	i := sort.SearchFloat64s(c.Scores, score)
	low, high := c.Scores[i-1], c.Scores[i]
	return c.LogOdds[i-1] + (c.LogOdds[i]-c.LogOdds[i-1])*(score-low)/(high-low)
}

// Calibrated returns the log-odds of a mistake for a raw score of Detect.
func (t *Table) Calibrated(kind, language string, score float64) float64 {
	c, ok := t.Calibration[kind+"/"+language]
	if !ok {
		c = t.Calibration[kind+"/*"]
	}
	return c.Apply(score)
}

// Threshold returns where reports of a kind begin at a sensitivity; ok is false when it is never reported, as in a language that no threshold was chosen on.
func (t *Table) Threshold(sensitivity, kind, language string) (_ Threshold, ok bool) {
	of := t.Sensitivities[sensitivity].Thresholds
	h, ok := of[kind+"/"+language]
	if _, never := unfitted[language]; !ok && !never {
		h, ok = of[kind+"/*"]
	}
	return h, ok
}

// Parse reads a table and checks it against the inputs that its caller has, by name; nil means that they are not known here.
func Parse(text []byte, inputs []string) (*Table, error) {
	t := &Table{}
	if err := json.Unmarshal(text, t); err != nil {
		return nil, fmt.Errorf("reading the ranking table: %w: fit it anew with `mlm-lsp fit`", err)
	}
	if t.Version != Version {
		return nil, fmt.Errorf("reading the ranking table: it has version %d, this program reads %d: fit it anew with `mlm-lsp fit`", t.Version, Version)
	}
	all := []map[string]*Forest{t.Fit, t.Repair}
	if t.Detect != nil {
		all = append(all, map[string]*Forest{"detect": t.Detect})
	}
	if t.Alarm != nil {
		all = append(all, map[string]*Forest{"screen": t.Alarm.Screen, "confirm": t.Alarm.Confirm})
	}
	for _, forests := range all {
		for kind, f := range forests {
			if f == nil {
				return nil, fmt.Errorf("reading the ranking table: %s is null: fit it anew with `mlm-lsp fit`", kind)
			}
			for _, name := range f.Inputs() {
				if inputs != nil && !slices.Contains(inputs, name) {
					return nil, fmt.Errorf("reading the ranking table: %s was fitted with an input %q that is not known here: fit it anew with `mlm-lsp fit`", kind, name)
				}
			}
		}
	}
	for key, c := range t.Calibration {
		if len(c.Scores) != len(c.LogOdds) || !sort.Float64sAreSorted(c.Scores) || slices.ContainsFunc(c.LogOdds, math.IsNaN) {
			return nil, fmt.Errorf("reading the ranking table: the calibration of %s is no table: fit it anew with `mlm-lsp fit`", key)
		}
	}
	return t, nil
}
