// Package onnx holds the ONNX side of a masked language model: the graph and its protobuf, checkpoints (safetensors) and their
// config.json, and the encoder architectures ModernBERT, RoBERTa and BERT written as graphs, for serving and for training alike.
//
// Invariants. The same input gives the same bytes (graphs, checkpoints). Readers never panic, never allocate more than a small multiple of
// what they were given, and never open a file that a model names. The served graph and the training graph come from one Network.
// Nothing here runs a graph: that is model/ort's work.
package onnx
