package lsp

import (
	"encoding/json"
	"errors"

	"mlm-lsp/lsp/protocol317"
)

// What the server can do now is told by the notification mlm-lsp/status, whenever it changes, to an editor that has "experimental": {"mlmLspStatus": true} among its capabilities. Other
// editors hear of what matters to the user by messages.

// Mendable is an error that a user can do something about, of Options.Open above all. Editors put a button to it.
type Mendable struct {
	Err    error
	Remedy protocol317.Remedy
}

// Error is what is wrong.
func (e *Mendable) Error() string { return e.Err.Error() }

// Unwrap returns it.
func (e *Mendable) Unwrap() error { return e.Err }

// What mends a model that cannot be opened.
const (
	Install  = protocol317.RemedyInstall  // a runtime library is to be installed
	Settings = protocol317.RemedySettings // something that the user named cannot be used
)

// remedy is what a user can do about the failure of a model: at least to read the log.
func remedy(err error) protocol317.Remedy {
	if mendable := (*Mendable)(nil); errors.As(err, &mendable) {
		return mendable.Remedy
	}
	return protocol317.RemedyLog
}

// tellStatus tells the editor what the server can do from now on. message is for people: the reason where something is amiss, and action what can be done about it.
func (s *server) tellStatus(kind protocol317.StatusKind, message string, action protocol317.Remedy) {
	status := protocol317.StatusParams{Kind: kind, Message: message, Action: action}
	if s.status == status {
		return
	}
	s.status = status
	var experimental struct {
		Status bool `json:"mlmLspStatus"`
	}
	// Others put other things there, of any kind.
	if json.Unmarshal(s.client.Experimental, &experimental) == nil && experimental.Status {
		s.notify(protocol317.MethodStatus, status)
	}
}

// works notes that the model answers. It may have failed before, and what is paused stays so.
func (s *server) works() {
	if s.model != nil && !s.paused {
		s.tellStatus(protocol317.StatusReady, "", "")
	}
}

// pause has the server say nothing that it is not asked for by name, until it is told to go on.
func (s *server) pause(paused bool) {
	if s.paused = paused; paused {
		s.tellStatus(protocol317.StatusPaused, "nothing is offered or reported", protocol317.RemedyResume)
	} else if s.model == nil && s.loading.failure != nil {
		s.tellStatus(protocol317.StatusNoModel, s.loading.failure.Error(), remedy(s.loading.failure))
	} else if s.model == nil {
		s.tellStatus(protocol317.StatusLoading, "", "")
	}
	s.works()
	s.recheck()
}
