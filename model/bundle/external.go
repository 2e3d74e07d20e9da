package bundle

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a kind of message of onnx.proto, by what its fields hold.
type message map[protowire.Number]*message

// The messages on the way from a model to its tensors. A tensor is the empty
// one; what is not named holds no tensors.
var (
	tensorMessage   = &message{}
	sparseMessage   = &message{1: tensorMessage, 2: tensorMessage}
	attrMessage     = &message{5: tensorMessage, 10: tensorMessage, 22: sparseMessage, 23: sparseMessage}
	nodeMessage     = &message{5: attrMessage}
	graphMessage    = &message{1: nodeMessage, 5: tensorMessage, 15: sparseMessage}
	functionMessage = &message{7: nodeMessage}
	modelMessage    = &message{7: graphMessage, 25: functionMessage}
)

func init() {
	// Subgraphs, of branches and loops.
	(*attrMessage)[6], (*attrMessage)[11] = graphMessage, graphMessage
}

// maxNesting is more than any graph nests; a message made to overflow the stack
// ends there.
const maxNesting = 100

// refuseExternalData is an error when any tensor of a model, in whatever
// subgraph, lies in another file: ONNX Runtime would open that path, which is
// not to be trusted, and would look for it in the working directory.
func refuseExternalData(model []byte) error {
	return walkMessage(model, modelMessage, 0)
}

func walkMessage(b []byte, kind *message, depth int) error {
	if depth > maxNesting {
		return errors.New("its messages are nested too deeply")
	}
	for len(b) > 0 {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if kind == tensorMessage && (number == 13 || number == 14 && !(len(b) > 0 && b[0] == 0)) {
			return errors.New("it keeps weights in another file, which a bundle may not: export it as one file")
		}
		inner := (*kind)[number]
		if inner == nil || wire != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, wire, b); n < 0 {
				return protowire.ParseError(n)
			}
			b = b[n:]
			continue
		}
		data, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		if err := walkMessage(data, inner, depth+1); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
