package lsp

import (
	"encoding/json"
	"path/filepath"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
)

// Settings come by three ways, the later over the earlier as a whole: initializationOptions; the answer to our workspace/configuration; and
// what an editor that cannot be asked pushes by didChangeConfiguration.

// watchConfiguration asks for the settings, and to be told of changes, where the editor can do that.
func (s *server) watchConfiguration() {
	if s.client.Workspace.DidChangeConfiguration.DynamicRegistration {
		s.ask(protocol.MethodClientRegisterCapability, protocol.RegistrationParams{Registrations: []protocol.Registration{{
			ID:              "configuration",
			Method:          protocol.MethodWorkspaceDidChangeConfiguration,
			RegisterOptions: map[string]string{"section": settings.Section},
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
		Items: []protocol.ConfigurationItem{{Section: settings.Section}},
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
	if own, ok := sections[settings.Section]; ok {
		s.configure(own)
	}
	return nil
}

// configure takes new settings. What is wrong with them is shown in one message, and not again until something else is.
func (s *server) configure(raw json.RawMessage) {
	layer, problems := settings.ReadClient(raw)
	if complaint := settings.Complaint(problems); complaint != s.problems {
		s.problems = complaint
		if complaint != "" {
			s.showMessage(protocol.MessageTypeWarning, "mlm-lsp: "+complaint)
		}
	}
	if layer.Equal(s.fromEditor) {
		return
	}
	s.fromEditor = layer
	s.settings = settings.Merge(layer)
	s.recheck()
}

// relative returns the slash-separated path of a document below its workspace folder, "" for one in none.
func (s *server) relative(name protocol.DocumentURI) string {
	path := pathOf(name)
	f := s.folderOf(path)
	if f == nil {
		return ""
	}
	relative, err := filepath.Rel(f.path, path)
	if err != nil {
		return ""
	}
	return filepath.ToSlash(relative)
}

// silence says why nothing is reported in a document, "" for one that is to be checked.
func (s *server) silence(doc *document) string {
	return s.settings.Silence(doc.language, s.relative(doc.uri), len(doc.text))
}
