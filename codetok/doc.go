// Package codetok cuts text into subwords and puts them together again: byte-level
// byte-pair encoding, kept in a tokenizer.json as Hugging Face's tokenizers has it.
//
// A text goes through three steps. Added tokens that are not special are cut out
// where they stand (GPT-NeoX has runs of spaces). A pre-tokeniser cuts the rest into
// pieces: GPT-2's pattern for the RoBERTa, GPT-NeoX and ModernBERT kinds, the same
// with digits one by one for StarCoder's, CodePattern for what Train makes. Within a piece, bytes are merged to subwords in
// the order in which the merges were learnt.
//
// What always holds:
//
//   - Subwords tile their input and decode to it, for any bytes. The one exception:
//     GPT-NeoX's and ModernBERT's vocabularies lack the 13 bytes that occur in no
//     valid UTF-8; the unknown token stands in for them and decodes to nothing.
//   - Offsets are bytes of the input as it is. So an NFC normalizer (GPT-NeoX,
//     ModernBERT) is accepted and not applied: ids equal the reference's for text in
//     NFC, which source code all but always is, and other text is encoded as it
//     stands. Whatever else moves offsets or text (other normalizers,
//     add_prefix_space) is refused, and trim_offsets is not done.
//   - The name of a special token in a text is text: a source file that contains
//     [MASK] is not masked. The reference calls this encode_special_tokens.
//   - Ids equal those of Hugging Face's tokenizers 0.22.2; testdata holds its answers
//     on 10,548 texts, and testdata/make_fixtures.py asks it again.
//   - A Tokenizer never changes and may be used by many goroutines at once.
//   - Training depends on the texts, not on their order or on the number of CPUs.
//
// # Why identifiers stand alone
//
// GPT-2's pattern joins a word with the space before it, so the name in "return foo"
// and in "(foo" are other subwords, and a mask for one is no mask for the other.
// CodePattern keeps names alone and lets punctuation and operators take the white
// space. On 21 MB of Go's and Python's libraries, with 16,384 ids trained on 40 MB
// of other files of them, GPT-2's pattern has 3.22 bytes a subword and CodePattern
// 3.06; with JavaScript and TypeScript packages among them (18 MB), 3.09 and 2.93.
// Five per cent more subwords is the price. Without glue beside punctuation it
// would be eleven (2.89 and 2.76).
//
// # Speed
//
// bench/compare.py encodes 5 MB of Go's and Python's libraries on one thread beside
// the Rust implementation, in alternating rounds: 77 MB/s against 2.5 with
// CodePattern, 46 against 0.9 with GPT-2's pattern, on two busy cores. Training on
// 50 MB takes under two seconds on two cores.
package codetok
