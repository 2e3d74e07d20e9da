package training

import (
	"mlm-lsp/model/onnx"
	"mlm-lsp/training/step"
)

// operations counts the multiplications and additions of the matrix products of one step, forward and back: what a step must do,
// whatever an engine does beside it. The way back has two products for each one forward.
func operations(c onnx.Config, s step.Shape) float64 {
	h, inner, vocabulary := float64(c.HiddenSize), float64(c.IntermediateSize), float64(c.VocabSize)
	rows, length := float64(s.Batch), float64(s.Length)
	subwords, masked, sites := rows*length, float64(s.Masked), float64(s.Sites)
	queries, names := rows*float64(s.Queries), rows*float64(s.Names)
	picked := masked + queries + names + sites // of the last layer's rows, those that anybody reads

	gather := 3*h*h + 2*length*h // projections to queries, keys and values; scores and sums
	feed := h*h + 3*h*inner      // attention's output and the feed-forward layer
	forward := float64(c.Layers)*subwords*gather + float64(c.Layers-1)*subwords*feed + picked*feed
	forward += masked * (h*h + h*vocabulary)
	forward += (queries+names)*h*h + queries*float64(s.Names)*h + sites*(h*h+h)
	return 3 * 2 * forward
}
