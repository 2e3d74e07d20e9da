package training

import "time"

// schedule turns how far a run is, in steps or in time, into a learning rate. Going by the share that is done lets a run
// of so many minutes decay to the end like one of so many steps, however fast the machine turns out to be.
type schedule struct {
	peak    float64
	steps   int     // 0: by time
	seconds float64 // 0: by steps
}

const (
	warmUp   = 0.04 // share of the run over which the rate rises
	decayAt  = 0.4  // share after which it falls, in a straight line, to finalShare of the peak
	lastRate = 0.01
)

// done is the share of the run that is behind, at least 1 when it is over.
func (s schedule) done(step int, seconds float64) float64 {
	if s.steps > 0 {
		return float64(step) / float64(s.steps)
	}
	return seconds / s.seconds
}

// left estimates the time to the end.
func (s schedule) left(step int, seconds float64) time.Duration {
	done := s.done(step, seconds)
	if done <= 0 {
		return 0
	}
	return time.Duration(seconds * max(0, 1-done) / done * float64(time.Second))
}

// rate is the learning rate of the step taken when the given share is done.
func (s schedule) rate(step int, done float64) float64 {
	switch {
	case done < warmUp:
		// At the very start of a timed run next to nothing is done: a step count keeps the rate above zero.
		return s.peak * max(done/warmUp, min(1, float64(step+1)/1000))
	case done < decayAt:
		return s.peak
	default:
		left := max(0, 1-done) / (1 - decayAt)
		return s.peak * max(left, lastRate)
	}
}

// average is the mean of the last values, for showing.
type average struct {
	values []float64
	next   int
	sum    float64
}

func newAverage(size int) *average { return &average{values: make([]float64, 0, size)} }

// add takes one value in and returns the mean.
func (a *average) add(v float64) float64 {
	if len(a.values) < cap(a.values) {
		a.values = append(a.values, v)
	} else {
		a.sum -= a.values[a.next]
		a.values[a.next] = v
		a.next = (a.next + 1) % len(a.values)
	}
	a.sum += v
	return a.sum / float64(len(a.values))
}
