// Package step is one training step of a masked language model: forward, backward, clipping and AdamW as ONE graph that plain ONNX
// Runtime runs. There is no training runtime under it and no Python beside it: the reverse pass is composed of the same
// inference kernels that serve the model.
//
// Read it in this order.
//
//   - graph.go writes the step: the network (onnx.Network, the one that is served), the loss, the reverse pass, AdamW.
//   - heads.go writes the losses of the pointer head and the detection head, which a shape may ask for.
//   - gradient.go walks the network backwards and collects what reaches each value; rules.go says, operator by operator,
//     how a gradient passes through.
//   - trainer.go holds the state in memory and feeds the graph, one batch at a time.
//
// What makes it fast is mostly work that is not done. Predictions are made for masked rows alone, which are picked out
// before the last feed-forward layer. A norm's scale is multiplied into the weights behind it, a transposition is a
// flag of the product that reads it. The gradient of the logits, as large as rows
// times vocabulary, is never written: see loss. Attention's softmax takes its row sums from the small side of the product.
// About three quarters of a step's time is matrix products near what the processor can do.
//
// Invariants. The graph of a step is a function of configuration, shape and options, and a step a function of state and batch:
// the same bits on the same machine with the same number of threads, so that a resumed training equals one that never stopped.
// The state lies twice in memory and a step writes the other copy: one that is cancelled, fails or overflows leaves no trace.
// A head that a shape leaves out keeps its parameters and moments to the bit.
// Every rule agrees with finite differences, every gradient and three steps of the optimizer with PyTorch's (the tests hold it to
// that), and the losses with those of the served graph.
package step
