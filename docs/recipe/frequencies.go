package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

	"mlm-lsp/codetok"
	"mlm-lsp/training/shard"
)

// frequencies says how long the trainings are, and what a model that knows nothing but how frequent each subword is would need on the held-out text: a training that does not get
// well below has not learnt to use what stands around a mask.
func (l *lab) frequencies() (string, error) {
	directory := l.encoded("text-8k")
	f, err := os.Open(filepath.Join(directory, "tokenizer.json"))
	if err != nil {
		return "", fmt.Errorf("counting subwords: %w", err)
	}
	defer f.Close()
	t, err := codetok.Read(f)
	if err != nil {
		return "", fmt.Errorf("counting subwords: %w", err)
	}
	counts, total := make([]float64, t.Size()), 0.0
	var nats, names [2]float64 // sum and number
	for _, heldOut := range []bool{false, true} {
		shards, err := shard.Open(filepath.Join(directory, "shards"), heldOut, t.Digest())
		if err != nil {
			return "", fmt.Errorf("counting subwords: %w", err)
		}
		for _, s := range shards {
			for i, id := range s.IDs {
				if !heldOut {
					counts[id]++
					total++
					continue
				}
				surprise := math.Log((total + float64(len(counts))) / (counts[id] + 1))
				nats[0], nats[1] = nats[0]+surprise, nats[1]+1
				if s.Labels[i].Class().Identifier() {
					names[0], names[1] = names[0]+surprise, names[1]+1
				}
			}
		}
	}
	return fmt.Sprintf("Trainings of %d steps of %d subwords (%.2f million) where nothing else is said, from a text of %.1f million; %.1f million are held out. "+
		"By the subwords' frequencies alone: loss %.3f, loss of names %.3f.\n",
		l.steps, batch*row, float64(l.steps*batch*row)/1e6, total/1e6, nats[1]/1e6, nats[0]/nats[1], names[0]/names[1]), nil
}
