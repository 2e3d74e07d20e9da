package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// starts is how often a server is started.
const starts = 7

// starting takes the time from the start of the process to its first answers, with the file of the first language.
func (l *lab) starting(ctx context.Context) (string, error) {
	f := l.files[0]
	// Inside a function, where there is something to offer.
	places := functions(f, edits)
	var greeted, offered, diagnosed []time.Duration
	for range starts {
		s, err := l.start(ctx, f.root)
		if err != nil {
			return "", err
		}
		greeted = append(greeted, time.Since(s.began))
		d, err := s.open(ctx, f.path, f.text)
		if err != nil {
			return "", err
		}
		d.moveTo(places[len(places)/2])
		for {
			list, err := d.complete(ctx)
			if err != nil {
				return "", err
			}
			if len(list.Items) > 0 {
				break
			}
			if time.Since(s.began) > patience {
				return "", fmt.Errorf("no completion came; the server said last: %s", s.last)
			}
			if err := sleep(ctx, time.Millisecond); err != nil {
				return "", err
			}
		}
		offered = append(offered, time.Since(s.began))
		if err := d.diagnosed(); err != nil {
			return "", err
		}
		diagnosed = append(diagnosed, time.Since(s.began))
		if err := s.stop(ctx); err != nil {
			return "", err
		}
	}
	var table strings.Builder
	table.WriteString("| from the start of the process to | median of 7 | slowest |\n|---|---|---|\n")
	for _, row := range []struct {
		what string
		took []time.Duration
	}{{"the answer to initialize", greeted}, {"the first completion, model and all", offered}, {"the first diagnostics of 1,000 lines", diagnosed}} {
		fmt.Fprintf(&table, "| %s | %s | %s |\n", row.what, milliseconds(median(row.took)), milliseconds(quantile(row.took, 1)))
	}
	return table.String(), nil
}
