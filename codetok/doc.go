// Package codetok cuts text into subwords and puts them together again: byte-level
// byte-pair encoding as in tokenizer.json.
//
// Subwords tile their input and decode to it, for any bytes. Offsets are bytes of
// the input. Ids equal those of Hugging Face's tokenizers.
package codetok
