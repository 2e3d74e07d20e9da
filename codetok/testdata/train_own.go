//go:build ignore

// Trains the tokenizer of the fixture own.json.gz on the files named as
// arguments and writes it to stdout.
package main

import (
	"context"
	"log"
	"os"
	"slices"

	"mlm-lsp/codetok"
)

func main() {
	var texts []string
	for _, path := range os.Args[1:] {
		data, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		texts = append(texts, string(data))
	}
	t, err := codetok.Train(context.Background(), slices.Values(texts), codetok.TrainOptions{VocabSize: 1000})
	if err != nil {
		log.Fatal(err)
	}
	if err := t.Write(os.Stdout); err != nil {
		log.Fatal(err)
	}
}
