package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// paced is how many keys of each file are typed as a person types, and fast how many as quickly as answers come.
	paced, fast = 100, 500
	// hour is how many keys are typed in the first file in place of those: 100 a minute.
	hour = 6000
	// between is the mean time between two keys of a person in the flow: 80 words a minute.
	between = 150 * time.Millisecond
	// pause is how long such a person stops at the end of a line, and every so many keys of the fast ones; time for the server to look for mistakes.
	pause, pauseEvery = time.Second, 200
)

// answered is one completion.
type answered struct {
	total, forward time.Duration
	rows           int64
	late           bool
}

// outside is what was not spent in the forward pass.
func (a answered) outside() time.Duration { return a.total - a.forward }

// typist types a text into a document.
type typist struct {
	*document
	at     int // in the log
	random *rand.Rand
}

// key types one key and asks for completions where an editor does: behind characters of words and those that the server names.
func (t *typist) key(ctx context.Context, key string) (a answered, asked bool, err error) {
	last, _ := utf8.DecodeLastRuneInString(key)
	asked = last == '_' || unicode.IsLetter(last) || unicode.IsDigit(last) || strings.ContainsRune(t.triggers, last)
	began := time.Now()
	if err := t.insert(ctx, key); err != nil || !asked {
		return a, false, err
	}
	if _, err := t.complete(ctx); err != nil {
		return a, false, err
	}
	a.total = time.Since(began)
	line, at, err := t.next(t.at, "completion", t.version)
	if err != nil {
		return a, false, err
	}
	t.at = at
	a.forward, a.rows, a.late = seconds(line.Model.Forward), line.Model.Rows, line.Late
	return a, true, nil
}

// typed is what typing came to.
type typed struct {
	answers   []answered
	keys      int
	processor time.Duration
	memory    []usage // at the beginning and after each quarter
}

// person types with a person's pace: between keys half to one and a half of the mean, and a pause at each end of a line.
func (t *typist) person(ctx context.Context, list []string) (out typed, err error) {
	before, err := t.usage()
	if err != nil {
		return out, err
	}
	for _, key := range list {
		due := time.Now().Add(between/2 + time.Duration(t.random.Int64N(int64(between))))
		if key[0] == '\n' {
			due = due.Add(pause)
		}
		if err := t.count(ctx, key, &out); err != nil {
			return out, err
		}
		if err := sleep(ctx, time.Until(due)); err != nil {
			return out, err
		}
	}
	after, err := t.usage()
	out.processor = after.processor - before.processor
	return out, err
}

// quickly types as fast as answers come, with a pause now and then that lasts until the diagnostics are there.
func (t *typist) quickly(ctx context.Context, list []string) (out typed, err error) {
	before, err := t.usage()
	if err != nil {
		return out, err
	}
	out.memory = append(out.memory, before)
	for i, key := range list {
		if err := t.count(ctx, key, &out); err != nil {
			return out, err
		}
		if (i+1)%pauseEvery == 0 {
			if err := t.diagnosed(); err != nil {
				return out, err
			}
		}
		if (i+1)%(len(list)/4) == 0 {
			now, err := t.usage()
			if err != nil {
				return out, err
			}
			out.memory = append(out.memory, now)
			out.processor = now.processor - before.processor
		}
	}
	return out, nil
}

func (t *typist) count(ctx context.Context, key string, out *typed) error {
	a, asked, err := t.key(ctx, key)
	if asked {
		out.answers = append(out.answers, a)
	}
	out.keys++
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// typing types in a file of each language through a server of its own.
func (l *lab) typing(ctx context.Context) (string, error) {
	var table strings.Builder
	table.WriteString("| file | pace | keys | answers | p50 | p95 | late | of it outside the forward pass, p50 / p95 | asked the model | their p50 | outside the forward pass | processor time a key |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	var all, human []answered
	var second string
	var flat []usage
	for i, f := range l.files {
		n := fast
		if i == 0 {
			n = hour
		}
		slow, quick, err := l.typeInto(ctx, f, n, func(s *session) (err error) {
			if i == 0 {
				second, err = l.another(ctx, s, f)
			}
			return err
		})
		if err != nil {
			return "", fmt.Errorf("typing in %s: %w", f.path, err)
		}
		if i == 0 {
			flat = quick.memory
		}
		human, all = append(human, slow.answers...), append(all, quick.answers...)
		writeTyped(&table, f.language, "a person's", slow)
		writeTyped(&table, f.language, "as fast as it goes", quick)
	}
	writeAnswers(&table, "all", "a person's", len(human), human, "")
	writeAnswers(&table, "all", "as fast as it goes", len(all), all, "")
	fmt.Fprintf(&table, "\n| memory, MB | resident | own |\n|---|---|---|\n")
	for i, u := range flat {
		what := fmt.Sprintf("after %d keys more", i*hour/4)
		if i == 0 {
			what = "model loaded, file checked"
		}
		fmt.Fprintf(&table, "| %s | %.0f | %.0f |\n", what, u.resident, u.own)
	}
	table.WriteString(second)
	return table.String(), nil
}

// typeInto types with both paces, n keys of the second, and calls then while the server still runs.
func (l *lab) typeInto(ctx context.Context, f file, n int, then func(*session) error) (slow, quick typed, err error) {
	s, err := l.start(ctx, f.root)
	if err != nil {
		return slow, quick, err
	}
	rest, place, taken := cut(f.text, paced+n)
	d, err := s.open(ctx, f.path, rest)
	if err != nil {
		return slow, quick, err
	}
	d.moveTo(place)
	if err := d.diagnosed(); err != nil {
		return slow, quick, err
	}
	t := &typist{document: d, at: s.here(), random: rand.New(rand.NewPCG(1, 2))}
	list := keys(taken)
	if len(list) < paced+n {
		return slow, quick, fmt.Errorf("only %d keys are behind the middle of the file, %d are wanted", len(list), paced+n)
	}
	if slow, err = t.person(ctx, list[:paced]); err != nil {
		return slow, quick, err
	}
	if quick, err = t.quickly(ctx, list[paced:paced+n]); err != nil {
		return slow, quick, err
	}
	if err := then(s); err != nil {
		return slow, quick, err
	}
	return slow, quick, s.stop(ctx)
}

// another opens a second window on the same project and says what it takes beside the first.
func (l *lab) another(ctx context.Context, first *session, f file) (string, error) {
	before, err := first.usage()
	if err != nil {
		return "", err
	}
	s, err := l.start(ctx, f.root)
	if err != nil {
		return "", err
	}
	rest, place, taken := cut(f.text, pauseEvery)
	d, err := s.open(ctx, f.path, rest)
	if err != nil {
		return "", err
	}
	d.moveTo(place)
	if err := d.diagnosed(); err != nil {
		return "", err
	}
	t := &typist{document: d, at: s.here()}
	if _, err := t.quickly(ctx, keys(taken)[:pauseEvery]); err != nil {
		return "", err
	}
	now, err := s.usage()
	if err != nil {
		return "", err
	}
	after, err := first.usage()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("| a second window, after %d keys | %.0f | %.0f |\n| what the second window takes more of the machine | | %.0f |\n",
		pauseEvery, now.resident, now.own, now.own+after.own-before.own), s.stop(ctx)
}

func writeTyped(w *strings.Builder, language, pace string, t typed) {
	writeAnswers(w, language, pace, t.keys, t.answers, milliseconds(t.processor/time.Duration(max(1, t.keys))))
}

func writeAnswers(w *strings.Builder, language, pace string, keys int, list []answered, processor string) {
	var total, outside, asked []time.Duration
	var sum, rest time.Duration
	late := 0
	for _, a := range list {
		total, outside = append(total, a.total), append(outside, a.outside())
		if a.late {
			late++
		}
		if a.rows > 0 {
			asked = append(asked, a.total)
			sum, rest = sum+a.total, rest+a.outside()
		}
	}
	fmt.Fprintf(w, "| %s | %s | %d | %d | %s | %s | %d | %s / %s | %d | %s | %.0f%% | %s |\n", language, pace, keys, len(list), milliseconds(quantile(total, 0.5)), milliseconds(quantile(total, 0.95)), late,
		milliseconds(quantile(outside, 0.5)), milliseconds(quantile(outside, 0.95)), len(asked), milliseconds(quantile(asked, 0.5)), 100*float64(rest)/float64(max(1, sum)), processor)
}
