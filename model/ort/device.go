package ort

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	ortgo "github.com/yalue/onnxruntime_go"
)

// Devices lists the names that SessionOptions.Device takes.
var Devices = []string{"auto", "cpu", "cuda", "webgpu", "coreml", "directml"}

// Device says where a session runs.
type Device struct {
	Requested string // one of Devices
	Used      string // one of Devices, never "auto"
	// Reason says why that one, in one sentence without a full stop.
	Reason string
	// Fallback is true when the user asked for another: the one case that is
	// worth a message.
	Fallback bool
}

// Message is what the user should be told once: that another device than the one
// asked for is used, and why. It is empty when there is nothing to tell.
func (d Device) Message() string {
	if !d.Fallback {
		return ""
	}
	return d.Reason + ": the CPU is used"
}

// withDevice calls create for the device that was asked for, then for the CPU
// when that failed.
//
// "auto" is the CPU unless the library was built for CUDA, which is only so when
// the user chose such a library. The GPUs that the pinned library can reach
// (WebGPU, CoreML, DirectML) run a small encoder on one short window no faster
// than the CPU, cost seconds of start-up and depend on the machine's drivers,
// so they are for those who ask.
func (l *Library) withDevice(requested string, create func(name string) (*ortgo.DynamicAdvancedSession, error)) (*ortgo.DynamicAdvancedSession, Device, error) {
	if requested == "" {
		requested = "auto"
	}
	if !slices.Contains(Devices, requested) {
		return nil, Device{}, fmt.Errorf("unknown device %q: use one of %s", requested, strings.Join(Devices, ", "))
	}
	d := Device{Requested: requested}
	try := requested
	if requested == "auto" {
		try = "cuda"
	}
	if requested != "cpu" {
		s, err := create(try)
		if err == nil {
			d.Used, d.Reason = try, "it was asked for"
			if requested == "auto" {
				d.Reason = "the library supports it and the device answers"
			}
			return s, d, nil
		}
		d.Fallback = requested != "auto"
		d.Reason = fmt.Sprintf("%s is not usable: %s", try, firstLine(err))
		if requested == "auto" {
			d.Reason = "the library has no CUDA, and other devices are used on request only"
			if !errors.Is(err, errNoDevice) {
				d.Reason = "CUDA is not usable: " + firstLine(err)
			}
		}
	} else {
		d.Reason = "it was asked for"
	}
	s, err := create("cpu")
	d.Used = "cpu"
	return s, d, err
}

// Probe says why a device cannot run a graph, nil when it can.
func (l *Library) Probe(device string, model []byte) error {
	if err := l.Load(); err != nil {
		return err
	}
	o, err := sessionOptions(SessionOptions{Threads: 1})
	if err != nil {
		return err
	}
	defer o.Destroy()
	if err := appendDevice(o, device, l.Path); err != nil {
		if errors.Is(err, errNoDevice) {
			return err
		}
		return errors.New(firstLine(err))
	}
	in, out, err := ortgo.GetInputOutputInfoWithONNXData(model)
	if err != nil {
		return err
	}
	names := func(infos []ortgo.InputOutputInfo) (names []string) {
		for _, i := range infos {
			names = append(names, i.Name)
		}
		return names
	}
	s, err := ortgo.NewDynamicAdvancedSessionWithONNXData(model, names(in), names(out), o)
	if err != nil {
		return errors.New(firstLine(err))
	}
	return s.Destroy()
}

// hasVulkan looks for what WebGPU needs on Linux: the library itself would print
// a warning where it is missing.
func hasVulkan() bool {
	if runtime.GOOS != "linux" {
		return true
	}
	patterns := []string{"/usr/lib/*-linux-gnu*/libvulkan.so.1", "/usr/lib*/libvulkan.so.1", "/usr/local/lib/libvulkan.so.1", "/run/opengl-driver/lib/libvulkan.so.1"}
	for _, dir := range filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")) {
		patterns = append(patterns, filepath.Join(dir, "libvulkan.so.1"))
	}
	for _, pattern := range patterns {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// errNoDevice marks a device that the library was not built for.
var errNoDevice = errors.New("the library was built without it")

// appendDevice adds an execution provider of the library at path; the CPU is always there.
func appendDevice(o *ortgo.SessionOptions, name, path string) error {
	var err error
	switch name {
	case "cpu":
		return nil
	case "cuda":
		cuda, e := ortgo.NewCUDAProviderOptions()
		if e != nil {
			return notBuilt(e)
		}
		defer cuda.Destroy()
		err = o.AppendExecutionProviderCUDA(cuda)
		if err != nil && hasCUDAProvider(path) {
			return errors.New("the library's CUDA provider does not load: the CUDA and cuDNN that it was built for must be among the system's libraries (or in LD_LIBRARY_PATH)")
		}
	case "webgpu":
		if !hasVulkan() {
			return errors.New("there is no Vulkan loader (libvulkan.so.1)")
		}
		err = o.AppendExecutionProvider("WebGPU", nil)
	case "coreml":
		err = o.AppendExecutionProviderCoreMLV2(nil)
	case "directml":
		err = o.AppendExecutionProviderDirectML(0)
	}
	return notBuilt(err)
}

// hasCUDAProvider says whether the CUDA provider lies beside a library, where the
// library looks for it.
func hasCUDAProvider(path string) bool {
	found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*onnxruntime_providers_cuda.*"))
	return err == nil && len(found) > 0
}

// notBuilt keeps apart "not in this build" from a device that fails.
func notBuilt(err error) error {
	if err == nil {
		return nil
	}
	text := strings.ToLower(err.Error())
	for _, sign := range []string{"not enabled in this build", "not supported in this build", "not supported", "failed to find", "not found", "failed to load shared library"} {
		if strings.Contains(text, sign) {
			return fmt.Errorf("%w: %s", errNoDevice, firstLine(err))
		}
	}
	return err
}

// firstLine shortens an error of the library, whose failed checks begin with a
// place in its sources.
func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	if _, message, ok := strings.Cut(line, " was false. "); ok {
		line = message
	}
	return line
}
