// Package step is one training step of a masked language model: forward, backward, clipping and AdamW as ONE graph that plain ONNX
// Runtime runs. graph.go writes that graph, gradient.go and rules.go differentiate it, trainer.go feeds it.
package step
