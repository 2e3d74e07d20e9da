package lsp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.lsp.dev/jsonrpc2"
)

// jsonrpc2.NewStream believes any Content-Length and allocates that much before it reads, knows header names in one spelling only,
// writes a message in two pieces, and does not tell a message that cannot be decoded (the next one can) from a frame that
// cannot be found (nothing after it can). Hence the framing here, around its messages.

// maxMessage bounds the body of one message. The largest that editors send is the text of a document being opened.
const maxMessage = 256 << 20

// maxHeader bounds the header part of one message; real ones have some 30 bytes.
const maxHeader = 8 << 10

// malformedError is a message whose frame was whole but whose body is not JSON-RPC: the stream can go on.
type malformedError struct {
	code  jsonrpc2.Code
	cause error
}

func (e *malformedError) Error() string { return "decoding message: " + e.cause.Error() }
func (e *malformedError) Unwrap() error { return e.cause }

// readMessage reads one frame. io.EOF means that the input ended between two messages; *malformedError that this message is lost and the
// next can be read; any other error that the stream is.
func readMessage(in *bufio.Reader) (jsonrpc2.Message, error) {
	length, err := readHeader(in)
	if err != nil {
		return nil, err
	}
	// The buffer grows with what arrives, not with what was announced.
	var body bytes.Buffer
	body.Grow(min(length, 64<<10))
	if _, err := io.CopyN(&body, in, int64(length)); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("reading message of %d bytes: %w", length, err)
	}
	// The standard library checks first because it bounds the nesting, which the decoder of jsonrpc2 does not: a stack that overflows
	// cannot be recovered from.
	if !json.Valid(body.Bytes()) {
		return nil, &malformedError{jsonrpc2.ParseError, errors.New("body is not JSON")}
	}
	message, err := jsonrpc2.DecodeMessage(body.Bytes())
	if err != nil {
		return nil, &malformedError{jsonrpc2.InvalidRequest, err}
	}
	return message, nil
}

// readHeader reads header lines up to the empty one and returns the Content-Length.
func readHeader(in *bufio.Reader) (int, error) {
	length, read := -1, 0
	for {
		line, err := in.ReadSlice('\n')
		read += len(line)
		switch {
		case errors.Is(err, io.EOF) && read == 0:
			return 0, io.EOF
		case errors.Is(err, io.EOF):
			return 0, fmt.Errorf("reading message header: %w", io.ErrUnexpectedEOF)
		case errors.Is(err, bufio.ErrBufferFull) || err == nil && read > maxHeader:
			return 0, fmt.Errorf("reading message header: longer than %d bytes", maxHeader)
		case err != nil:
			return 0, fmt.Errorf("reading message header: %w", err)
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			break
		}
		name, value, found := strings.Cut(text, ":")
		if !found {
			return 0, fmt.Errorf("reading message header: %q is not a header line", text)
		}
		if !strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			continue // Content-Type, which can only say UTF-8
		}
		length, err = strconv.Atoi(strings.TrimSpace(value))
		if err != nil || length < 0 || length > maxMessage {
			return 0, fmt.Errorf("reading message header: content length %q is not a number up to %d", value, maxMessage)
		}
	}
	if length < 0 {
		return 0, errors.New("reading message header: no Content-Length")
	}
	return length, nil
}

// frame puts a header before a body.
func frame(body []byte) []byte {
	return append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...)
}
