//go:build !windows

package ort

// preload has nothing to do where a library finds what it needs by itself.
func preload(string) error { return nil }
