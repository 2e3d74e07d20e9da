//go:build ignore

// The Go side of compare.py. It reads a tokenizer.json and the files named in a
// list, one a line; then, for every line on stdin, encodes them all on one thread
// and prints seconds, subwords and a checksum of the ids.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"log"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"mlm-lsp/codetok"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: encode TOKENIZER LIST, or encode -train LIST > TOKENIZER")
	}
	list, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var texts []string
	for path := range strings.Lines(string(list)) {
		data, err := os.ReadFile(strings.TrimSpace(path))
		if err != nil {
			log.Fatal(err)
		}
		texts = append(texts, string(data))
	}
	if os.Args[1] == "-train" {
		t, err := codetok.Train(context.Background(), slices.Values(texts), codetok.TrainOptions{VocabSize: 16384})
		if err != nil {
			log.Fatal(err)
		}
		if err := t.Write(os.Stdout); err != nil {
			log.Fatal(err)
		}
		return
	}
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	t, err := codetok.Read(f)
	if err != nil {
		log.Fatal(err)
	}
	runtime.GOMAXPROCS(1)
	var e codetok.Encoding
	for stdin := bufio.NewScanner(os.Stdin); stdin.Scan(); {
		n, sum := 0, uint32(0)
		check := stdin.Text() == "check"
		start := time.Now()
		for _, text := range texts {
			e.IDs, e.Offsets = e.IDs[:0], e.Offsets[:0]
			t.EncodeAppend(&e, text)
			n += len(e.IDs)
			if check {
				var b []byte
				for _, id := range e.IDs {
					b = binary.LittleEndian.AppendUint32(b, uint32(id))
				}
				sum = crc32.Update(sum, crc32.IEEETable, b)
			}
		}
		fmt.Println(time.Since(start).Seconds(), n, sum)
	}
}
