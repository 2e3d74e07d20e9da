package training

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"mlm-lsp/codetok"
	"mlm-lsp/internal/wholefile"
	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort"
	"mlm-lsp/training/mask"
	"mlm-lsp/training/torch"
)

// Options is everything that Run is told. Zero values mean the defaults named here.
type Options struct {
	Paths     []string // directories, checkouts and files to learn from, or
	Shards    string   // a directory that holds them encoded: the Work of another training, or unpacked shards with tokenizer.json beside
	Out       string   // the bundle's directory, made at the end
	Work      string   // tokenizer, shards, checkpoint, log and report; "": Out + ".training"
	From      string   // a bundle whose weights and tokenizer to start from, or "default" for the embedded one; "": fresh ones
	Languages []string // "": every language that treesitter knows

	Config     string  // "tiny", "small" (default) or "base"; not with From
	Vocabulary int     // 0: the configuration's
	Untagged   bool    // rows do not begin with their language; for a new tokenizer, which then has no tags for it
	Steps      int     // length of the run in steps, or
	Minutes    float64 // in minutes of training, checkpoints and evaluation included; neither: 10,000 steps
	Resume     bool    // go on from the checkpoint in Work

	Row          int     // subwords per row; 0: 512, or less where the corpus fills no such row
	Batch        int     // rows per step; 0: the configuration's subwords per step, in such rows
	LearningRate float64 // peak; 0: the configuration's
	WeightDecay  float64 // 0: 0.05
	Recipe       string  // how classes of tokens are masked: "weighted" (default) or "uniform"; see mask.Named
	MaskShape    string  // what a mask covers: "mixed" (default), "words", "spans" or "subwords"; see mask.Recipe.Shaped
	MaskRate     float64 // share of the subwords that is masked; 0: mask.DefaultTotal
	Static       bool    // the same masks every time
	Seed         uint64

	// Heads asks for the pointer head and the detection head beside the vocabulary's. A bundle to start from that has them keeps them, another
	// one gets fresh ones.
	Heads         bool
	PointerWeight float64 // of the pointer head's loss; 0: 0.5
	DetectWeight  float64 // of the detection head's loss; 0: 1
	DetectShare   float64 // share of the rows that the detection head reads, at least one and never all; 0: a quarter
	Changed       float64 // weight of a token that was replaced, and of the same place in the text as it was; 0: 10. 1 leaves the majority its weight
	Mutants       int     // most tokens of a row that are replaced, from one on all numbers alike; 0: 12. Few are like real life, many teach more in a step
	// HardMutants is the share of the replaced tokens whose replacement is drawn from what a frozen model thinks could stand there: the bundle
	// that the training starts from, the embedded one where it starts from none. The others are drawn uniformly over the names in scope.
	HardMutants float64
	// Fixes are git repositories to mine for real fixes of single tokens, and files that training/fixes wrote; see FixShare.
	Fixes    []string
	FixShare float64 // share of the detection head's texts that are real fixes, the others being mutants; 0: a half if there are Fixes

	EvaluateEvery     int     // steps between evaluations; 0: 250
	EvaluateBatches   int     // batches of held-out text in each, where there are so many; 0: 8
	CheckpointMinutes float64 // 0: 5
	HeldOut           float64 // share of projects for evaluation; 0: 0.04, negative: none

	Engine   string        // "ort" or "torch"; "": ort, or the engine that the checkpoint was made with
	Torch    torch.Options // for the torch engine: interpreter, processes, device, precision; the rest is filled in
	Library  *ort.Library  // for the ort engine; nil: ort.Find with its defaults
	Threads  int           // 0: all CPUs
	Progress io.Writer     // nil: nothing is shown

	create wholefile.CreateFunc // nil: real files
}

// size is a named model configuration with the settings that suit it.
type size struct {
	vocabulary   int
	hidden       int
	intermediate int
	layers       int
	heads        int
	batch        int
	learningRate float64
}

// The rates of small and base are low for their width on purpose: at 1.5e-3 and the usual deviation of 0.02 for fresh weights a
// small model learnt nothing from the text around a mask in 12 million subwords, only which words are frequent; PyTorch's
// implementation stalls the same way. See also architecture.
var sizes = map[string]size{
	"tiny":  {vocabulary: 2048, hidden: 64, intermediate: 160, layers: 2, heads: 2, batch: 8, learningRate: 3e-3},
	"small": {vocabulary: 16384, hidden: 256, intermediate: 640, layers: 4, heads: 4, batch: 8, learningRate: 7e-4},
	"base":  {vocabulary: 16384, hidden: 512, intermediate: 1280, layers: 8, heads: 8, batch: 16, learningRate: 4e-4},
}

const (
	// longestRow is how many subwords a row has where the corpus fills such rows, and the positions of fresh models: long rows
	// show a name's other uses, and a step on them costs hardly more than one on as many subwords in short ones.
	longestRow  = 512
	shortestRow = 16
	// stepSubwords is a configuration's batch times this many subwords.
	stepSubwords = 256

	defaultSteps = 10000
)

// settings is what decides a run's result, kept in its checkpoint and report: resuming goes by these, not by flags.
type settings struct {
	Engine          string      `json:"engine"`
	Config          string      `json:"config"`
	From            string      `json:"from,omitempty"`
	Row             int         `json:"row"`
	Batch           int         `json:"batch"`
	LearningRate    float64     `json:"learning_rate"`
	WeightDecay     float64     `json:"weight_decay"`
	Recipe          mask.Recipe `json:"recipe"`
	Seed            uint64      `json:"seed"`
	EvaluateEvery   int         `json:"evaluate_every"`
	EvaluateBatches int         `json:"evaluate_batches,omitempty"`
	Heads           bool        `json:"heads,omitempty"`
	PointerWeight   float64     `json:"pointer_weight,omitempty"`
	DetectWeight    float64     `json:"detect_weight,omitempty"`
	DetectShare     float64     `json:"detect_share,omitempty"`
	Changed         float64     `json:"changed,omitempty"`
	Mutants         int         `json:"mutants,omitempty"`
	FixShare        float64     `json:"fix_share,omitempty"`
	HardMutants     float64     `json:"hard_mutants,omitempty"`
	HardModel       string      `json:"hard_model,omitempty"` // digest of the bundle that they are drawn from
}

// resolve fills in the defaults and checks what can be checked before any work.
func (o *Options) resolve() (settings, error) {
	if o.Out == "" {
		return settings{}, errors.New("starting training: no output named; give --out BUNDLE")
	}
	if o.Work == "" {
		o.Work = filepath.Clean(o.Out) + ".training"
	}
	if o.Steps < 0 || o.Minutes < 0 || o.Steps > 0 && o.Minutes > 0 {
		return settings{}, errors.New("starting training: give a positive --steps or --minutes, not both")
	}
	if o.Steps == 0 && o.Minutes == 0 {
		o.Steps = defaultSteps
	}
	if len(o.Paths) == 0 && o.Shards == "" && !o.Resume {
		return settings{}, errors.New("starting training: no source named; give directories to learn from")
	}
	if len(o.Paths) > 0 && o.Shards != "" {
		return settings{}, errors.New("starting training: give directories to learn from or --shards, not both")
	}
	if o.Untagged && (o.From != "" || o.Shards != "") {
		return settings{}, errors.New("starting training: language tags are left out of a new tokenizer; the one that comes with --from or --shards is kept as it is")
	}
	if o.Config == "" {
		o.Config = "small"
	}
	size, ok := sizes[o.Config]
	if !ok {
		return settings{}, fmt.Errorf("starting training: no configuration is named %q; use tiny, small or base", o.Config)
	}
	if o.Vocabulary == 0 {
		o.Vocabulary = size.vocabulary
	}
	if o.CheckpointMinutes == 0 {
		o.CheckpointMinutes = 5
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.create == nil {
		o.create = wholefile.Create
	}
	recipe, err := o.recipe()
	if err != nil {
		return settings{}, err
	}
	s := settings{
		Engine: o.Engine, Config: o.Config, From: o.From, Row: o.Row, Batch: o.Batch, LearningRate: o.LearningRate, WeightDecay: o.WeightDecay, Recipe: recipe, Seed: o.Seed,
		EvaluateEvery: o.EvaluateEvery, EvaluateBatches: o.EvaluateBatches, Heads: o.Heads, PointerWeight: o.PointerWeight, DetectWeight: o.DetectWeight, DetectShare: o.DetectShare,
		Changed: o.Changed, Mutants: o.Mutants, FixShare: o.FixShare, HardMutants: o.HardMutants,
	}
	if err := s.resolveHeads(len(o.Fixes) > 0); err != nil {
		return settings{}, err
	}
	switch s.Engine {
	case "":
		s.Engine = "ort"
	case "ort", "torch":
	default:
		return settings{}, fmt.Errorf("starting training: no engine is named %q; use ort or torch", s.Engine)
	}
	if s.Row == 0 {
		s.Row = longestRow
	}
	if s.Batch == 0 {
		s.Batch = max(1, size.batch*stepSubwords/s.Row)
	}
	if s.LearningRate == 0 {
		s.LearningRate = size.learningRate
		if o.From != "" {
			s.LearningRate /= 2 // weights that know something already are not to be thrown about
		}
	}
	if s.WeightDecay == 0 {
		s.WeightDecay = 0.05
	}
	if s.EvaluateEvery == 0 {
		s.EvaluateEvery = 250
	}
	if s.EvaluateBatches == 0 {
		s.EvaluateBatches = heldOutBatches
	}
	if s.EvaluateBatches < 1 {
		return settings{}, fmt.Errorf("starting training: an evaluation has at least one batch, not %d", s.EvaluateBatches)
	}
	if s.Batch < 1 || s.Row < shortestRow || s.Row > longestRow || s.LearningRate <= 0 || s.WeightDecay < 0 || s.EvaluateEvery < 1 {
		return settings{}, fmt.Errorf("starting training: rows must have %d to %d subwords, not %d; batch %d, learning rate %v, weight decay %v and evaluation interval %d must be positive",
			shortestRow, longestRow, s.Row, s.Batch, s.LearningRate, s.WeightDecay, s.EvaluateEvery)
	}
	return s, nil
}

// recipe is the mask recipe that the options name.
func (o *Options) recipe() (mask.Recipe, error) {
	r, err := mask.Named(o.Recipe)
	if err != nil {
		return r, err
	}
	if o.MaskShape != "" {
		if r, err = r.Shaped(o.MaskShape); err != nil {
			return r, err
		}
	}
	if o.MaskRate != 0 {
		r.Total = o.MaskRate
	}
	r.Static = o.Static
	return r, r.Check()
}

// collapse is the share of masked names of several subwords that become one mask for the pointer head, once there is one.
const collapse = 0.5

// resolveHeads fills in what the heads need and checks it.
func (s *settings) resolveHeads(fixes bool) error {
	for _, v := range []struct {
		name     string
		value    *float64
		standard float64
	}{
		{"pointer weight", &s.PointerWeight, 0.5}, {"detect weight", &s.DetectWeight, 1}, {"share of detection rows", &s.DetectShare, 0.25}, {"weight of changed tokens", &s.Changed, 10},
	} {
		if *v.value == 0 {
			*v.value = v.standard
		}
		if !(*v.value > 0) || math.IsInf(*v.value, 0) {
			return fmt.Errorf("starting training: the %s must be positive, not %v", v.name, *v.value)
		}
	}
	if s.Mutants == 0 {
		s.Mutants = 12
	}
	if s.Mutants < 1 {
		return fmt.Errorf("starting training: at least one token of a row is replaced, not %d", s.Mutants)
	}
	if !(0 <= s.HardMutants && s.HardMutants <= 1) || s.HardMutants > 0 && !s.Heads {
		return fmt.Errorf("starting training: the share of hard mutants must be from 0 to 1, and 0 without the heads, not %v", s.HardMutants)
	}
	if fixes && s.FixShare == 0 {
		s.FixShare = 0.5
	}
	if s.DetectShare > 1 || !(0 <= s.FixShare && s.FixShare <= 1) || !fixes && s.FixShare > 0 {
		return fmt.Errorf("starting training: the shares of detection rows (%v) and of fixes among them (%v) must be from 0 to 1, the latter 0 without --fixes", s.DetectShare, s.FixShare)
	}
	if s.Heads {
		s.Recipe.Collapse = collapse
	}
	return nil
}

// architecture is the model of a configuration: ModernBERT's layers with global attention throughout. Fresh weights deviate by
// one over the root of the width, so that a layer's output is as large as its input from the start: with 0.02 the products of
// queries and keys begin near zero, and attention takes many times as many steps to find what it can copy.
func architecture(config string, t *codetok.Tokenizer) onnx.Config {
	size := sizes[config]
	return onnx.Config{
		ModelType: "modernbert", VocabSize: t.Size(), HiddenSize: size.hidden, IntermediateSize: size.intermediate, Layers: size.layers, Heads: size.heads,
		MaxPositions: longestRow, NormEps: 1e-5, Activation: "gelu", HeadActivation: "gelu", PadID: int(t.Special().PAD), InitializerRange: float32(1 / math.Sqrt(float64(size.hidden))),
		GlobalEvery: 1, LocalWindow: 128, GlobalTheta: 10000, LocalTheta: 10000, TieWordEmbeddings: true,
	}
}

// String names the settings on one line, for the log on the terminal.
func (s settings) String() string {
	parts := []string{
		s.Config, fmt.Sprintf("engine %s", s.Engine), fmt.Sprintf("batch %d x %d", s.Batch, s.Row), fmt.Sprintf("learning rate %g", s.LearningRate), fmt.Sprintf("masks %s, %g of the subwords", s.Recipe.Name, s.Recipe.Total),
		fmt.Sprintf("seed %d", s.Seed),
	}
	if s.Recipe.Static {
		parts = append(parts, "static")
	}
	if s.Heads {
		parts = append(parts, fmt.Sprintf("heads weighing %g and %g, %g of the rows for detection, %g of them fixes, at most %d mutants", s.PointerWeight, s.DetectWeight, s.DetectShare,
			s.FixShare, s.Mutants))
	}
	if s.HardMutants > 0 {
		parts = append(parts, fmt.Sprintf("%g of the mutants hard", s.HardMutants))
	}
	return strings.Join(parts, ", ")
}
