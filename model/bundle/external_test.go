package bundle

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// field wraps content in a field of a message.
func field(number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
}

func TestExternalDataIsRefused(t *testing.T) {
	location := append(field(1, []byte("location")), field(2, []byte("../../../etc/passwd"))...)
	external := append(field(8, []byte("w")), field(13, location)...)
	external = protowire.AppendVarint(protowire.AppendTag(external, 14, protowire.VarintType), 1)
	inline := append(field(8, []byte("w")), field(9, []byte("data"))...)
	inline = protowire.AppendVarint(protowire.AppendTag(inline, 14, protowire.VarintType), 0)

	for name, wrap := range map[string]func(tensor []byte) []byte{
		"an initializer":           func(b []byte) []byte { return field(7, field(5, b)) },
		"a constant":               func(b []byte) []byte { return field(7, field(1, field(5, field(5, b)))) },
		"a list of constants":      func(b []byte) []byte { return field(7, field(1, field(5, field(10, b)))) },
		"a branch":                 func(b []byte) []byte { return field(7, field(1, field(5, field(6, field(5, b))))) },
		"a sparse initializer":     func(b []byte) []byte { return field(7, field(15, field(1, b))) },
		"a constant in a function": func(b []byte) []byte { return field(25, field(7, field(5, field(5, b)))) },
		"a branch in a branch": func(b []byte) []byte {
			return field(7, field(1, field(5, field(11, field(1, field(5, field(6, field(5, b))))))))
		},
	} {
		if err := refuseExternalData(wrap(external)); err == nil || !strings.Contains(err.Error(), "another file") {
			t.Errorf("%s in another file: %v", name, err)
		}
		if err := refuseExternalData(wrap(inline)); err != nil {
			t.Errorf("%s in the model: %v", name, err)
		}
	}
	deep := []byte{}
	for range 1000 {
		deep = field(1, field(5, field(6, deep)))
	}
	if err := refuseExternalData(field(7, deep)); err == nil || !strings.Contains(err.Error(), "too deeply") {
		t.Errorf("a deep model: %v", err)
	}
}

func FuzzExternalData(f *testing.F) {
	f.Add(field(7, field(5, field(13, nil))))
	f.Add([]byte{0x3a, 0x03, 0x2a, 0x01, 0x70})
	f.Fuzz(func(t *testing.T, model []byte) {
		_ = refuseExternalData(model) // it ends, and without a panic
	})
}
