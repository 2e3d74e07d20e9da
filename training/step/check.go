package step

import (
	"fmt"

	"mlm-lsp/model/onnx"
)

// WithDefaults fills in what is left at zero; see Options.
func (o Options) WithDefaults() Options {
	if o.Beta1 == 0 {
		o.Beta1 = 0.9
	}
	if o.Beta2 == 0 {
		o.Beta2 = 0.98
	}
	if o.Eps == 0 {
		o.Eps = 1e-6
	}
	return o
}

// Check proves that a model of configuration c can take batches of the shape.
func (s Shape) Check(c onnx.Config) error {
	if s.Batch < 1 || s.Length < 1 || s.Masked < 1 || s.Length > c.Positions() {
		return fmt.Errorf("%d rows of %d subwords (at most %d), %d masked", s.Batch, s.Length, c.Positions(), s.Masked)
	}
	if s.Queries < 0 || s.Names < 0 || s.Sites < 0 || (s.Queries > 0) != (s.Names > 0) {
		return fmt.Errorf("%d queries of %d names, %d sites", s.Queries, s.Names, s.Sites)
	}
	if s.Queries > 0 && !c.PointerHead || s.Sites > 0 && !c.DetectHead {
		return fmt.Errorf("%d queries and %d sites, the model has no heads for them", s.Queries, s.Sites)
	}
	return nil
}

// Check proves that a batch is of shape s and that no id or place in it lies outside: an engine would read outside a table.
func (b Batch) Check(s Shape, vocabulary int) error {
	n, names := s.Batch*s.Length, s.Batch*s.Names
	for _, list := range []struct {
		name        string
		values      []int64
		length      int
		from, limit int
	}{
		{"ids", b.IDs, n, 0, vocabulary}, {"positions", b.Positions, s.Masked, 0, n}, {"labels", b.Labels, s.Masked, 0, vocabulary},
		{"places of queries", b.QueryAt, s.Batch * s.Queries, 0, n}, {"queries' names", b.QueryName, s.Batch * s.Queries, -1, n},
		{"places of names", b.NameAt, names, 0, n}, {"names", b.NameID, names, -1, n}, {"places of sites", b.SiteAt, s.Sites, 0, n},
	} {
		if len(list.values) != list.length {
			return fmt.Errorf("feeding a batch: %d %s, the step takes %d", len(list.values), list.name, list.length)
		}
		for _, v := range list.values {
			if v < int64(list.from) || v >= int64(list.limit) {
				return fmt.Errorf("feeding a batch: %d among the %s is not from %d to below %d", v, list.name, list.from, list.limit)
			}
		}
	}
	if len(b.Weights) != s.Masked || len(b.SiteLabels) != s.Sites || len(b.SiteWeights) != s.Sites {
		return fmt.Errorf("feeding a batch: %d weights, %d site labels and %d site weights; the step takes %d, %d and %d",
			len(b.Weights), len(b.SiteLabels), len(b.SiteWeights), s.Masked, s.Sites, s.Sites)
	}
	return nil
}
