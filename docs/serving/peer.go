package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mlm-lsp/codetok"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/onnx"
	"mlm-lsp/treesitter"
)

const (
	questions  = 200
	subwords   = 256 // of a question, with the special ones
	threads    = 2
	peerRounds = 5
	top        = 5
)

//go:embed fill-mask.mjs
var fillMask []byte

//go:embed package.json
var packageJSON []byte

// question is a text with one subword masked.
type question struct{ language, before, after string }

// peer asks the same questions of the served graph and of Transformers.js, which has a graph of the same weights with the inputs and outputs
// that it knows: the logits of all places.
func (l *lab) peer(ctx context.Context) (string, error) {
	b, err := bundle.Default()
	if err != nil {
		return "", err
	}
	defer b.Close()
	directory := filepath.Join(l.work, "peer")
	if err := writePeer(directory, b); err != nil {
		return "", err
	}
	if err := install(ctx, directory); err != nil {
		return "", err
	}
	list := ask(b.Tokenizer, l.files)
	var texts []string
	for _, q := range list {
		texts = append(texts, "<|"+q.language+"|>"+q.before+"[MASK]"+q.after)
	}
	encoded, err := json.Marshal(texts)
	if err != nil {
		return "", fmt.Errorf("writing questions: %w", err)
	}
	if err := os.WriteFile(filepath.Join(directory, "questions.json"), encoded, 0o666); err != nil {
		return "", fmt.Errorf("writing questions: %w", err)
	}
	ours, err := l.newFiller(b)
	if err != nil {
		return "", err
	}
	defer ours.session.Close()
	theirs, err := startPeer(ctx, directory)
	if err != nil {
		return "", err
	}
	defer theirs.end()
	return compare(ctx, list, ours, theirs)
}

// compare runs both in turns.
func compare(ctx context.Context, list []question, ours *filler, theirs *node) (string, error) {
	var ids [][]int32
	if err := theirs.say("ids", &ids); err != nil {
		return "", err
	}
	for i, q := range list {
		if mine := ours.ids(q); !slices.Equal(mine, ids[i]) {
			return "", fmt.Errorf("question %d: %d subwords here and %d there, or others", i, len(mine), len(ids[i]))
		}
	}
	type times struct{ whole, forward []time.Duration }
	var mine, other []times
	var ratios, forwards []float64
	same, first, all, worst, processor := 0, 0, 0, 0.0, time.Duration(0)
	for round := range peerRounds + 1 {
		var m, o times
		var answers [][]answer
		before, err := usageOf("self")
		if err != nil {
			return "", err
		}
		for _, q := range list {
			began := time.Now()
			a, forward, err := ours.fill(ctx, q)
			if err != nil {
				return "", err
			}
			m.whole, m.forward, answers = append(m.whole, time.Since(began)), append(m.forward, forward), append(answers, a)
		}
		after, err := usageOf("self")
		if err != nil {
			return "", err
		}
		var theirAnswer struct {
			Milliseconds []float64  `json:"ms"`
			Forward      []float64  `json:"forward"`
			Top          [][]answer `json:"top"`
		}
		if err := theirs.say("round", &theirAnswer); err != nil {
			return "", err
		}
		for i := range list {
			o.whole = append(o.whole, seconds(theirAnswer.Milliseconds[i]/1000))
			o.forward = append(o.forward, seconds(theirAnswer.Forward[i]/1000))
		}
		if round == 0 {
			// Warm now, and what was answered does not change any more.
			for i := range list {
				for rank, a := range answers[i] {
					b := theirAnswer.Top[i][rank]
					all++
					if a.Token == b.Token {
						same++
						if rank == 0 {
							first++
						}
					}
					if rank == 0 {
						worst = max(worst, math.Abs(a.Score-b.Score))
					}
				}
			}
			continue
		}
		processor += after.processor - before.processor
		mine, other = append(mine, m), append(other, o)
		ratios = append(ratios, median(o.whole).Seconds()/median(m.whole).Seconds())
		forwards = append(forwards, median(o.forward).Seconds()/median(m.forward).Seconds())
	}
	middle := func(list []times, of func(times) []time.Duration) string {
		var rounds []time.Duration
		for _, t := range list {
			rounds = append(rounds, median(of(t)))
		}
		return milliseconds(median(rounds))
	}
	whole, forward := func(t times) []time.Duration { return t.whole }, func(t times) []time.Duration { return t.forward }
	var table strings.Builder
	fmt.Fprintf(&table, "| | text to five subwords | the forward pass alone |\n|---|---|---|\n")
	fmt.Fprintf(&table, "| mlm-lsp | %s | %s |\n", middle(mine, whole), middle(mine, forward))
	fmt.Fprintf(&table, "| Transformers.js | %s | %s |\n", middle(other, whole), middle(other, forward))
	fmt.Fprintf(&table, "| mlm-lsp is, times as fast (least to most of %d rounds) | %.2f (%.2f to %.2f) | %.2f (%.2f to %.2f) |\n", peerRounds,
		median(ratios), quantile(ratios, 0), quantile(ratios, 1), median(forwards), quantile(forwards, 0), quantile(forwards, 1))
	fmt.Fprintf(&table, "\nBoth saw the same subwords in all %d questions (%.0f in the mean). The likeliest subword is the same in %d, the same subword has the same rank in %d of %d; the probability of the likeliest differs by at most %.3f. "+
		"mlm-lsp took %s of processor time a question.\n", len(list), meanLength(ids), first, same, all, worst, milliseconds(processor/time.Duration(len(list)*peerRounds)))
	return table.String(), nil
}

func meanLength(ids [][]int32) float64 {
	n := 0
	for _, list := range ids {
		n += len(list)
	}
	return float64(n) / float64(len(ids))
}

// writePeer writes the model as Transformers.js takes it: the served graph, weights and all, with the usual inputs and outputs.
func writePeer(directory string, b *bundle.Bundle) error {
	served, err := b.Graph(bundle.PrecisionInt8)
	if err != nil {
		return err
	}
	g, err := onnx.Unmarshal(served.Model)
	if err != nil {
		return err
	}
	everywhere(g, int64(b.Config.VocabSize))
	model, err := g.Marshal()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(directory, "model", "onnx"), 0o777); err != nil {
		return fmt.Errorf("writing the peer's model: %w", err)
	}
	for name, text := range map[string][]byte{
		"fill-mask.mjs": fillMask, "package.json": packageJSON, "model/onnx/model_int8.onnx": model,
		"model/tokenizer_config.json": []byte(`{"tokenizer_class":"PreTrainedTokenizerFast","cls_token":"[CLS]","sep_token":"[SEP]","pad_token":"[PAD]","mask_token":"[MASK]","unk_token":"[UNK]","model_max_length":512}`),
	} {
		if err := os.WriteFile(filepath.Join(directory, name), text, 0o666); err != nil {
			return fmt.Errorf("writing the peer's model: %w", err)
		}
	}
	for _, name := range []string{bundle.ConfigFile, bundle.TokenizerFile} {
		text, err := os.ReadFile(filepath.Join("model", "bundle", "default", name))
		if err != nil {
			return fmt.Errorf("writing the peer's model: %w", err)
		}
		if err := os.WriteFile(filepath.Join(directory, "model", name), text, 0o666); err != nil {
			return fmt.Errorf("writing the peer's model: %w", err)
		}
	}
	return nil
}

// everywhere makes a served graph give the logits of all places, [batch, length, vocabulary], and nothing else, and ask for none.
func everywhere(g *onnx.Graph, vocabulary int64) {
	usual := []string{bundle.InputIDs, bundle.AttentionMask}
	g.Inputs = slices.DeleteFunc(g.Inputs, func(i onnx.Info) bool { return !slices.Contains(usual, i.Name) })
	g.Outputs = nil
	// The further heads are still written down; the library leaves out what leads nowhere.
	for _, name := range []string{bundle.NamePositions, bundle.SitePositions} {
		g.Initializer(name, onnx.IntTensor([]int64{0}, 1))
	}
	before := len(g.Nodes)
	shape := g.Op("Shape", []onnx.Value{bundle.InputIDs})
	count := g.Op("ReduceProd", []onnx.Value{shape}, onnx.IntAttr("keepdims", 1)) // [1]
	ones := g.Op("Expand", []onnx.Value{g.Ints(1), count})
	places := g.Op("CumSum", []onnx.Value{ones, g.Initializer(g.Fresh("axis"), onnx.IntTensor([]int64{0}))})
	g.Rename(g.Op("Sub", []onnx.Value{places, g.Ints(1)}), bundle.MaskedPositions)
	g.Nodes = slices.Concat(g.Nodes[before:], g.Nodes[:before])
	flat := g.Rename(bundle.Logits, g.Fresh("flat"))
	size := g.Op("Concat", []onnx.Value{shape, g.Ints(vocabulary)}, onnx.IntAttr("axis", 0))
	g.Output(g.Rename(g.Op("Reshape", []onnx.Value{flat, size}), bundle.Logits), onnx.Float32, "batch", "length", vocabulary)
}

// install brings the packages, unless they are there. onnxruntime-node carries the library for CPUs; its script would bring CUDA's.
func install(ctx context.Context, directory string) error {
	if _, err := os.Stat(filepath.Join(directory, "node_modules", "@huggingface", "transformers")); err == nil {
		return nil
	}
	npm := exec.CommandContext(ctx, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
	npm.Dir = directory
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("installing the peer: %w: %s", err, out)
	}
	return nil
}

// ask draws questions from the files in turns: windows of whole subwords around a name that is one.
func ask(tok *codetok.Tokenizer, files []file) (list []question) {
	random := rand.New(rand.NewPCG(3, 4))
	const room = subwords - 3 // [CLS], the language, [SEP]
	for len(list) < questions {
		f := files[len(list)%len(files)]
		text := string(f.text)
		e := tok.Encode(text)
		start := random.IntN(len(e.IDs) - room)
		masked := start + room/2
		q := question{
			language: treesitter.LanguageOf(f.path),
			before:   text[e.Offsets[start][0]:e.Offsets[masked][0]], after: text[e.Offsets[masked][1]:e.Offsets[start+room-1][1]],
		}
		name := text[e.Offsets[masked][0]:e.Offsets[masked][1]]
		if strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz_") == "" && utf8.ValidString(q.before) && utf8.ValidString(q.after) && !mentions(q.before+q.after) {
			list = append(list, q)
		}
	}
	return list
}

// mentions tells the names of special subwords, which are text here, and the subwords there.
func mentions(text string) bool {
	return strings.Contains(text, "<|") || strings.Contains(text, "[MASK]") || strings.Contains(text, "[CLS]") || strings.Contains(text, "[SEP]")
}

// node is the peer's process.
type node struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	log     strings.Builder
}

func startPeer(ctx context.Context, directory string) (*node, error) {
	n := &node{command: exec.CommandContext(ctx, "node", "fill-mask.mjs", filepath.Join(directory, "model"), "questions.json", fmt.Sprint(threads))}
	n.command.Dir, n.command.Stderr = directory, &n.log
	var err error
	if n.in, err = n.command.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting the peer: %w", err)
	}
	out, err := n.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the peer: %w", err)
	}
	n.out = bufio.NewReader(out)
	if err := n.command.Start(); err != nil {
		return nil, fmt.Errorf("starting the peer: %w", err)
	}
	return n, nil
}

// say sends a line and takes the answer.
func (n *node) say(line string, answer any) error {
	if _, err := fmt.Fprintln(n.in, line); err != nil {
		return fmt.Errorf("asking the peer: %w", err)
	}
	text, err := n.out.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		_ = n.command.Wait() // so that all that it said is there
		return fmt.Errorf("asking the peer: it ended: %s", n.log.String())
	}
	if err != nil {
		return fmt.Errorf("asking the peer: %w", err)
	}
	return json.Unmarshal(text, answer)
}

func (n *node) end() {
	_ = n.in.Close()
	_ = n.command.Wait() // it ends with its input
}
