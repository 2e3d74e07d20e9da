package training

import (
	"io"

	"mlm-lsp/model/onnx"
)

// report is what report.html shows.
type report struct {
	record     trainingRecord
	model      onnx.Config
	parameters int
	lines      []logLine
}

func writeReport(create createFunc, path string, r report) error {
	return writeWhole(create, path, func(w io.Writer) error { return nil })
}
