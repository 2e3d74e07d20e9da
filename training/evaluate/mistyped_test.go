package evaluate

import (
	"context"
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

// TestMistyped: right annotations are not reported, planted ones are where the file contradicts them, and the same seed draws the same.
func TestMistyped(t *testing.T) {
	const text = `def is_empty(items: list) -> bool:
    return len(items) == 0


def title(name: str = "cart") -> str:
    return f"<{name}>"


def wait(seconds: float = 0.5, retries: int = 3) -> None:
    print(seconds, retries)
`
	sources := []Source{{Path: "cart.py", File: treesitter.Parse("python", []byte(text))}, {Path: "cart.go", File: treesitter.Parse("go", []byte("package p\n\nvar x int\n"))}}
	m, err := MeasureMistyped(context.Background(), sources, 100, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Languages) != 1 || m.Languages[0].Annotations != 7 || m.Languages[0].Reported != 0 || len(m.Reports) != 0 {
		t.Errorf("%+v", m)
	}
	if row := m.Languages[0]; row.Planted != 7 || row.Found < 4 || row.Restored > row.Found || row.Restored == 0 {
		t.Errorf("planted: %+v", row)
	}
	again, err := MeasureMistyped(context.Background(), sources, 100, 1, nil)
	if err != nil || again.Languages[0] != m.Languages[0] {
		t.Errorf("%+v and then %+v, %v", m.Languages, again.Languages, err)
	}
	var out strings.Builder
	if err := m.Markdown(&out); err != nil || !strings.Contains(out.String(), "| python | 7 | 0 | 0.00 | 7 |") {
		t.Errorf("%s, %v", out.String(), err)
	}
	if _, err := MeasureMistyped(context.Background(), sources[1:], 100, 1, nil); err == nil {
		t.Error("a file in no language of these has figures")
	}
}
