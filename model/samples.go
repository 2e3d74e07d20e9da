package model

import (
	"slices"
	"strings"
)

// sample is a piece of code with a mask, for the self-test: any model of code
// that learnt the language finds the text among the choices.
type sample struct {
	language, text string // with one «»-quoted target
	choices        []string
}

// gap returns the sample's query and what stands in the gap.
func (s sample) gap() (q Query, want string) {
	before, rest, _ := strings.Cut(s.text, "«")
	want, after, _ := strings.Cut(rest, "»")
	return Query{Language: s.language, Before: before, After: after, Choices: s.choices}, want
}

// plain is the sample's text without the quotes.
func (s sample) plain() string {
	return strings.NewReplacer("«", "", "»", "").Replace(s.text)
}

var samples = []sample{
	{"go", `package store

import "errors"

// Sum adds up the values.
func Sum(values []int) int {
	total := 0
	for i := 0; i «<» len(values); i++ {
		total += values[i]
	}
	return total
}
`, []string{"<", ">", "==", "!="}},
	{"go", `package store

func load(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != «nil» {
		return nil, err
	}
	return data, nil
}
`, []string{"nil", "err", "path", "data"}},
	{"go", `package store

func find(items []string, name string) int {
	for index, item := range items {
		if item == «name» {
			return index
		}
	}
	return -1
}
`, []string{"name", "index", "items", "nil"}},
	{"python", `class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        «self».balance = balance

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.balance += amount
        return self.balance
`, []string{"self", "owner", "balance", "amount"}},
	{"python", `import os


def read_lines(path):
    result = []
    with open(path) as f:
        for line «in» f:
            result.append(line.strip())
    return result
`, []string{"in", "is", "or", "not"}},
	{"python", `def largest(values):
    best = None
    for value in values:
        if best is «None» or value > best:
            best = value
    return best
`, []string{"None", "True", "values", "value"}},
	{"typescript", `export function average(values: number[]): number {
  let total = 0;
  for (const value of values) {
    total += «value»;
  }
  return total / values.length;
}
`, []string{"value", "values", "average", "number"}},
	{"javascript", `function groupBy(items, key) {
  const groups = {};
  for (const item of items) {
    const name = key(item);
    groups[name] = groups[name] «||» [];
    groups[name].push(item);
  }
  return groups;
}
`, []string{"||", "&&", "==", "<"}},
}

// samplesFor returns the samples of the languages that a bundle was trained on;
// all of them when it does not say.
func samplesFor(languages []string) []sample {
	if len(languages) == 0 {
		return samples
	}
	var out []sample
	for _, s := range samples {
		if slices.Contains(languages, s.language) {
			out = append(out, s)
		}
	}
	return out
}
