package ort

import "golang.org/x/sys/windows"

const (
	errNoSpace  = windows.ERROR_DISK_FULL
	errReadOnly = windows.ERROR_WRITE_PROTECT
)
