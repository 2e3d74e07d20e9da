package lsp

import (
	"encoding/json"

	"mlm-lsp/lsp/protocol317"
)

// What the server can do now is told by the notification mlm-lsp/status, whenever it changes, to an editor that has "experimental": {"mlmLspStatus": true} among its capabilities. Other
// editors hear of what matters to the user by messages.

// tellStatus tells the editor what the server can do from now on. message is for people: the reason where something is amiss.
func (s *server) tellStatus(kind protocol317.StatusKind, message string) {
	status := protocol317.StatusParams{Kind: kind, Message: message}
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
		s.tellStatus(protocol317.StatusReady, "")
	}
}

// pause has the server say nothing that it is not asked for by name, until it is told to go on.
func (s *server) pause(paused bool) {
	if s.paused = paused; paused {
		s.tellStatus(protocol317.StatusPaused, "until mlm-lsp.resume")
	} else if s.model == nil && s.loading.failure != nil {
		s.tellStatus(protocol317.StatusNoModel, s.loading.failure.Error())
	} else if s.model == nil {
		s.tellStatus(protocol317.StatusLoading, "")
	}
	s.works()
	s.recheck()
}
