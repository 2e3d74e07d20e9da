package ort

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

// CPUFeatures lists what this processor has of the instructions that matter to
// int8, slowest first.
func CPUFeatures() []string {
	var out []string
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"AVX2", cpu.X86.HasAVX2}, {"AVX512F", cpu.X86.HasAVX512F}, {"AVX-VNNI", cpu.X86.HasAVXVNNI}, {"AVX512-VNNI", cpu.X86.HasAVX512VNNI},
		{"AMX-INT8", cpu.X86.HasAMXInt8}, {"NEON", runtime.GOARCH == "arm64"}, {"DOTPROD", cpu.ARM64.HasASIMDDP}, {"I8MM", cpu.ARM64.HasI8MM},
	} {
		if f.has {
			out = append(out, f.name)
		}
	}
	return out
}

// Int8Saturates says that the fast int8 products of this processor add pairs in
// 16 bits, where they overflow: x86 without VNNI. ONNX Runtime is then told to
// use exact ones, which are about as fast as fp32. (The option must stay off
// elsewhere: it makes the library avoid the fast products on any x86.)
func Int8Saturates() bool {
	return runtime.GOARCH == "amd64" && !cpu.X86.HasAVXVNNI && !cpu.X86.HasAVX512VNNI
}
