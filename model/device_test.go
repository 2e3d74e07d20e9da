package model

import (
	"math"
	"testing"

	"mlm-lsp/model/bundle"
	"mlm-lsp/model/bundle/bundletest"
	"mlm-lsp/model/ort"
	"mlm-lsp/model/ort/orttest"
)

// TestEveryDeviceAnswersAlike opens one bundle on every device. One that is not there gives way to the CPU and says so; whichever
// answers gives the CPU's numbers. (With a Vulkan driver, Mesa's software one among them, this runs the WebGPU of the pinned library.)
func TestEveryDeviceAnswersAlike(t *testing.T) {
	lib := orttest.Library(t)
	b := bundletest.Open(t, bundletest.TinyHeads)
	q := withNames(shortQuery(someChoices))
	var want Prediction
	for _, device := range ort.Devices {
		if device == "auto" {
			continue
		}
		m, err := Open(lib, b, Options{Device: device, Precision: bundle.PrecisionFP32})
		if err != nil {
			t.Fatalf("%s: %v", device, err)
		}
		used := m.Info().Device
		if used.Fallback != (used.Used != device) || used.Fallback != (used.Message() != "") || used.Fallback && used.Used != "cpu" {
			t.Errorf("asked for %s: %+v", device, used)
		}
		ps, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatalf("%s (%s): %v", device, used.Used, err)
		}
		if device == "cpu" {
			want = ps[0]
		}
		for i, c := range ps[0].Candidates {
			if w := want.Candidates[i]; c.Text != w.Text || math.Abs(c.LogProb-w.LogProb) > 1e-3 {
				t.Errorf("%s (%s) says %+v, the CPU %+v", device, used.Used, c, w)
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
