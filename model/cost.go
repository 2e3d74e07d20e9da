package model

import (
	"context"
	"sync/atomic"
	"time"
)

// Cost adds up what questions cost the network; see WithCost. It may be read while it grows.
type Cost struct{ passes, rows, nanoseconds atomic.Int64 }

// Passes is the number of runs of the network that have ended.
func (c *Cost) Passes() int64 { return c.passes.Load() }

// Rows is how many rows went through the network in them.
func (c *Cost) Rows() int64 { return c.rows.Load() }

// Forward is how long they took inside ONNX Runtime: neither the encoding before it nor the ranking behind it, nor the wait for
// another question's pass.
func (c *Cost) Forward() time.Duration { return time.Duration(c.nanoseconds.Load()) }

type costKey struct{}

// WithCost returns a context in which what Predict and Scan ask of the network is added to c. What is remembered from before costs
// nothing.
func WithCost(ctx context.Context, c *Cost) context.Context {
	return context.WithValue(ctx, costKey{}, c)
}

// charge adds a run to the cost of a context, if it has one.
func charge(ctx context.Context, rows int, began time.Time) {
	if c, ok := ctx.Value(costKey{}).(*Cost); ok {
		c.passes.Add(1)
		c.rows.Add(int64(rows))
		c.nanoseconds.Add(int64(time.Since(began)))
	}
}
