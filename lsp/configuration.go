package lsp

import (
	"encoding/json"
	"strings"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/protocol317"
)

// Settings come by three ways, the later over the earlier as a whole: initializationOptions; the answer to our workspace/configuration; and
// what an editor that cannot be asked pushes by didChangeConfiguration.

// watchConfiguration asks for the settings, and to be told of changes, where the editor can do that.
func (s *server) watchConfiguration() {
	if s.client.Workspace.DidChangeConfiguration.DynamicRegistration {
		s.ask(protocol.MethodClientRegisterCapability, protocol.RegistrationParams{Registrations: []protocol.Registration{{
			ID:              "configuration",
			Method:          protocol.MethodWorkspaceDidChangeConfiguration,
			RegisterOptions: map[string]string{"section": section},
		}}}, func(_ json.RawMessage, err error) {
			if err != nil {
				s.log.Warn("asking to be told of changed settings", zap.Error(err))
			}
		})
	}
	s.pullConfiguration()
}

// pullConfiguration asks for the settings; null as an answer means that there are none.
func (s *server) pullConfiguration() {
	if !s.client.Workspace.Configuration {
		return
	}
	s.ask(protocol.MethodWorkspaceConfiguration, protocol.ConfigurationParams{
		Items: []protocol.ConfigurationItem{{Section: section}},
	}, func(result json.RawMessage, err error) {
		var values []json.RawMessage
		if err == nil {
			err = json.Unmarshal(result, &values)
		}
		if err != nil {
			s.log.Warn("asking for the settings", zap.Error(err))
			return
		}
		if len(values) == 1 && string(values[0]) != "null" {
			s.configure(values[0])
		}
	})
}

func (s *server) didChangeConfiguration(p *protocol317.DidChangeConfigurationParams) error {
	if s.client.Workspace.Configuration {
		s.pullConfiguration()
		return nil
	}
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(p.Settings, &sections); err != nil {
		return err
	}
	if own, ok := sections[section]; ok {
		s.configure(own)
	}
	return nil
}

// configure takes new settings. What is wrong with them is shown in one message, and not again until something else is.
func (s *server) configure(raw json.RawMessage) {
	settings, problems := readSettings(raw)
	if complaint := strings.Join(problems, "; "); complaint != s.problems {
		s.problems = complaint
		if complaint != "" {
			s.showMessage(protocol.MessageTypeWarning, "mlm-lsp settings: "+complaint+"; the defaults are kept")
		}
	}
	if settings == s.settings {
		return
	}
	s.settings = settings
	s.recheck()
}
