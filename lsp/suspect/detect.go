package suspect

import (
	"fmt"
	"math"

	"mlm-lsp/model"
	"mlm-lsp/model/rank"
)

// What rank's Detect sees of a site: all inputs of the best alternative (which hold those of the place, and what is known of what stands there), and these.
const (
	inFitOwn     input = numInputs + iota // log-probability of what stands there to stand there
	inFitBest                             // of what was likeliest meant
	inFitOver                             // of the likeliest alternative, over what stands there
	inRepairBest                          // log-probability that the likeliest was meant
	inRepairOver                          // and by how much it beats the second
	inDetect                              // the logit of the model's detection head
	inOwnCache                            // of what stands there: the cache's
	inOwnCacheLeft
	inOwnCacheRight
	inOwnCachePlace
	inOwnProject
	inOwnCorpus
	inOwnMixed
	inOwnModel // and the model's
	inOwnPointer
	inMostVotes // the most that copies of the line want anything else
	inLikeliest // the likeness of the alternative that is most like what stands there
	inOwnTitle  // 1 when what stands there begins with an upper case letter
	inWritten   // 1 where it is assigned to
	inReceiver  // 1 where it is the object itself: self, this
	inBuiltin   // 1 where it needs no definition
	inUnnamed   // 1 in a file that takes names from another without saying which
	inSure      // 1 when what was likeliest meant is defined in this function, or seen on this receiver
	inTerse     // 1 when one of the two says nothing of what it holds
	inIdlest    // 1 when an alternative that is sure is defined in this function and never used there
	inFavourite // by how much the model prefers another choice to what stands there, at most
	inAgreed    // by how much both it and the file (Fit) prefer the same one
	inStrange   // letters of the longest word of what stands there that stands nowhere else in the file
	inUndefined // 1 for a bare name that nothing makes: neither the file, nor the language, nor the project
	inSlips     // how many choices that stand elsewhere are one slip from what stands there
	inSlipSeen  // how often the most frequent of them stands elsewhere in the file, or in the project's others
	inSlipKind  // which slip that is, see inSlip
	inSlipNear  // 1 when it is visible, or a member seen on a receiver of this name
	numDetectInputs
)

// inputDetect is the name of what the model's detection head says.
const inputDetect = "detect"

var detectNames = [numDetectInputs - numInputs]string{
	"fit own", "fit best", "fit over", "repair best", "repair over", inputDetect, "own cache", "own cache left", "own cache right", "own cache place",
	"own project", "own corpus", "own mixed", "own model", "own pointer", "most votes", "likeliest", "own title", "written", "receiver", "builtin", "unnamed", "sure", "terse", "idlest", "favourite", "agreed",
	"strange", "undefined", "slips", "slip seen", "slip kind", "slip near",
}

// Inputs are the names of all inputs that a table may ask for.
func Inputs() []string { return append(append([]string{}, inputNames[:]...), detectNames[:]...) }

// detectInputs is what is known of the site.
func (s *site) detectInputs() []float32 {
	in := make([]float32, numDetectInputs)
	best := s.order[0]
	copy(in, s.choices[best].inputs[:])
	own := &s.choices[0].inputs
	likeliest := 1
	over, most, alike := math.Inf(-1), float32(0), float32(0)
	in[inFavourite], in[inAgreed] = rank.Unknown, rank.Unknown
	for i := 1; i < len(s.choices); i++ {
		c := &s.choices[i]
		if c.near && c.inputs[inIdle] > 0 {
			in[inIdlest] = 1
		}
		if v := c.inputs[inModelOver]; v == v {
			in[inFavourite] = larger(in[inFavourite], v)
			in[inAgreed] = larger(in[inAgreed], min(v, float32(s.fit[i]-s.fit[0])))
		}
		if s.fit[i] > over {
			over, likeliest = s.fit[i], i
		}
		if c.inputs[inSlip] > 0 && (c.inputs[inSeen] > 0 || c.inputs[inFiles] > 0) {
			in[inSlips]++
			if seen := larger(c.inputs[inProjectSort], c.inputs[inSeen]); seen > in[inSlipSeen] {
				in[inSlipSeen], in[inSlipKind] = seen, c.inputs[inSlip]
				in[inSlipNear] = rank.Flag(c.inputs[inVisible] > 0 || c.inputs[inRelation] > 0)
			}
		}
		most = max(most, s.choices[i].inputs[inVotes])
		if r := s.choices[i].inputs[inRatio]; r > alike {
			alike = r
		}
	}
	in[inFitOwn], in[inFitBest], in[inFitOver] = float32(s.fit[0]), float32(s.fit[best]), float32(s.fit[likeliest]-s.fit[0])
	in[inRepairBest] = float32(s.repair[best])
	in[inRepairOver] = rank.Unknown
	if len(s.order) > 1 {
		in[inRepairOver] = float32(s.repair[best] - s.repair[s.order[1]])
	}
	in[inDetect] = float32(s.detect)
	in[inOwnCache], in[inOwnCacheLeft], in[inOwnCacheRight], in[inOwnCachePlace] = own[inCache], own[inCacheLeft], own[inCacheRight], own[inCachePlace]
	in[inOwnProject], in[inOwnCorpus], in[inOwnMixed] = own[inProject], own[inCorpus], own[inMixed]
	in[inOwnModel], in[inOwnPointer] = own[inModel], own[inPointer]
	in[inMostVotes], in[inLikeliest] = most, alike
	in[inOwnTitle], in[inWritten], in[inReceiver] = own[inTitle], rank.Flag(s.written), rank.Flag(receivers[s.choices[0].text])
	in[inBuiltin], in[inUnnamed] = rank.Flag(s.builtin), rank.Flag(s.unnamed)
	in[inSure] = rank.Flag(s.choices[best].near)
	in[inStrange] = s.strange
	in[inUndefined] = rank.Flag(s.group == groupName && !s.builtin && !s.unnamed && own[inVisible] == 0 && own[inDefined] == 0 && !(own[inProjectDefined] > 0))
	in[inTerse] = rank.Flag(s.named() && (uninformative(s.choices[0].text) || uninformative(s.choices[best].text)))
	return in
}

// larger is the larger of two values of which the first may be unknown.
func larger(a, b float32) float32 {
	if a > b {
		return a
	}
	return b
}

// tables are those of models.
var tables rank.Held[rank.Table]

// tableOf returns the table that was fitted with the model, the built-in one when there is none.
func tableOf(m Model) (*rank.Table, error) {
	about, ok := m.(interface{ Info() model.Info })
	if !ok {
		return rank.Default(), nil
	}
	info := about.Info()
	if len(info.Rank) == 0 {
		return rank.Default(), nil
	}
	t, err := tables.Parse(info.Rank, func(text []byte) (*rank.Table, error) { return rank.Parse(text, Inputs()) })
	if err != nil {
		return nil, fmt.Errorf("opening bundle %s: %w", info.Name, err)
	}
	return t, nil
}

// readers are the forests as they read what is known of a choice or of a site: both begin with the inputs of a choice.
var readers = rank.NewReaders(Inputs())
