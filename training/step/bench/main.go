// Command bench measures the training step: subwords per second and peak memory, on random batches.
//
//	go run ./training/step/bench -layers 4 -steps 6
//	python3 training/step/bench/compare.py           beside PyTorch
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"sort"
	"strings"
	"time"

	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort"
	"mlm-lsp/training/step"
)

func main() {
	layers := flag.Int("layers", 4, "layers")
	hidden := flag.Int("hidden", 256, "width of the residual stream")
	inner := flag.Int("intermediate", 640, "width of the feed-forward layers")
	heads := flag.Int("heads", 4, "attention heads")
	vocab := flag.Int("vocab", 16384, "subwords in the vocabulary")
	act := flag.String("activation", "gelu", "activation: gelu or silu")
	batch := flag.Int("batch", 16, "rows per step")
	length := flag.Int("length", 256, "subwords per row")
	masked := flag.Int("masked", 1228, "masked subwords per step")
	queries := flag.Int("queries", 0, "queries of the pointer head per row")
	names := flag.Int("names", 0, "names in sight per row")
	sites := flag.Int("sites", 0, "sites of the detection head per step")
	steps := flag.Int("steps", 6, "steps that are timed")
	threads := flag.Int("threads", 2, "threads")
	asJSON := flag.Bool("json", false, "print one line of JSON for compare.py")
	evaluate := flag.Bool("evaluate", false, "time the forward pass alone")
	flag.Parse()

	c := onnx.Config{
		ModelType: "modernbert", VocabSize: *vocab, HiddenSize: *hidden, IntermediateSize: *inner, Layers: *layers, Heads: *heads,
		MaxPositions: 512, NormEps: 1e-5, Activation: *act, HeadActivation: *act, InitializerRange: 0.02, GlobalEvery: 1, LocalWindow: 128,
		GlobalTheta: 10000, TieWordEmbeddings: true, PointerHead: *queries > 0, DetectHead: *sites > 0,
	}
	lib, err := ort.Find(ort.FindOptions{})
	if err != nil {
		log.Fatal(err)
	}
	t, err := step.New(lib, step.Options{
		Shape:  step.Shape{Batch: *batch, Length: *length, Masked: *masked, Queries: *queries, Names: *names, Sites: *sites},
		Config: c, PointerWeight: 0.5, DetectWeight: 1, WeightDecay: 0.01, ClipNorm: 1, Threads: *threads,
	}, onnx.InitWeights(c, 1))
	if err != nil {
		log.Fatal(err)
	}
	defer t.Close()
	r := rand.New(rand.NewPCG(1, 2))
	var times []float64
	var busy float64
	for i := range *steps + 1 {
		b := step.Batch{}
		for range *batch * *length {
			b.IDs = append(b.IDs, r.Int64N(int64(*vocab)))
		}
		for range *masked {
			b.Positions = append(b.Positions, r.Int64N(int64(*batch**length)))
			b.Labels = append(b.Labels, r.Int64N(int64(*vocab)))
			b.Weights = append(b.Weights, 1)
		}
		for i := range *batch * *queries {
			b.QueryAt = append(b.QueryAt, r.Int64N(int64(*batch**length)))
			b.QueryName = append(b.QueryName, int64(i%*names))
		}
		for i := range *batch * *names {
			b.NameAt = append(b.NameAt, r.Int64N(int64(*batch**length)))
			b.NameID = append(b.NameID, int64(i%*names/2))
		}
		for i := range *sites {
			b.SiteAt = append(b.SiteAt, r.Int64N(int64(*batch**length)))
			b.SiteLabels = append(b.SiteLabels, float32(i%2))
			b.SiteWeights = append(b.SiteWeights, 1)
		}
		start, cpu := time.Now(), cpuSeconds()
		if *evaluate {
			_, err = t.Evaluate(context.Background(), b)
		} else {
			_, err = t.Step(context.Background(), b, 1e-3)
		}
		if err != nil {
			log.Fatal(err)
		}
		if i > 0 { // the first run plans memory
			times = append(times, time.Since(start).Seconds())
			busy += cpuSeconds() - cpu
		}
	}
	sort.Float64s(times)
	median := times[len(times)/2]
	if *asJSON {
		fmt.Printf(`{"seconds": %g, "cpu_seconds": %g, "peak_mb": %d, "version": "ONNX Runtime %s"}`+"\n",
			median, busy/float64(*steps), peakMB(), lib.Version)
		return
	}
	fmt.Printf("median %.3f s per step, %.0f subwords/s, fastest %.3f s\n", median, float64(*batch**length)/median, times[0])
}

// peakMB is the most memory that this process ever held, 0 where the system does not tell.
func peakMB() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb >> 10
		}
	}
	return 0
}

// cpuSeconds is the processor time that this process has used, 0 where the system does not tell. Linux counts it in hundredths.
func cpuSeconds() float64 {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // the name before it may hold spaces
	var user, system float64
	fmt.Sscan(f[11], &user)
	fmt.Sscan(f[12], &system)
	return (user + system) / 100
}
