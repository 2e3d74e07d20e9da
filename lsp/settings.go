package lsp

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
)

// section is the name under which editors keep the settings.
const section = "mlm-lsp"

// Settings is what a user can change from the editor, under "mlm-lsp". The comments are the manual. None of them names a file or a program:
// editors take settings from the opened folder too, and a cloned repository must not be able to choose what is loaded.
type Settings struct {
	// completion.enable (boolean, default true): whether completions are offered.
	CompletionEnable bool
	// completion.maxItems (1 to 200, default 20): how many completions are offered at once.
	CompletionMaxItems int
	// diagnostics.enable (boolean, default true): whether suspicious tokens are reported.
	DiagnosticsEnable bool
	// diagnostics.severity ("hint", "information" or "warning", default "information"): how they are shown.
	DiagnosticsSeverity protocol.DiagnosticSeverity
}

func defaultSettings() Settings {
	return Settings{
		CompletionEnable:    true,
		CompletionMaxItems:  20,
		DiagnosticsEnable:   true,
		DiagnosticsSeverity: protocol.DiagnosticSeverityInformation,
	}
}

// settingKeys says how each key is read into its field; the error names what was wanted.
var settingKeys = map[string]func(*Settings, any) error{
	"completion.enable":    func(s *Settings, v any) error { return readBool(&s.CompletionEnable, v) },
	"completion.maxItems":  func(s *Settings, v any) error { return readInt(&s.CompletionMaxItems, v, 1, 200) },
	"diagnostics.enable":   func(s *Settings, v any) error { return readBool(&s.DiagnosticsEnable, v) },
	"diagnostics.severity": func(s *Settings, v any) error { return readSeverity(&s.DiagnosticsSeverity, v) },
}

// readSettings reads the object that an editor sent, over the defaults, so that a setting taken out of the editor's file is back at its
// default. Each key that is unknown or has a value it cannot have keeps its default and is named in problems.
func readSettings(raw json.RawMessage) (settings Settings, problems []string) {
	settings = defaultSettings()
	var value any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &value); err != nil {
			return settings, []string{"they are not JSON"}
		}
	}
	var read func(path string, value any)
	read = func(path string, value any) {
		if set, known := settingKeys[path]; known {
			if err := set(&settings, value); err != nil {
				problems = append(problems, fmt.Sprintf("%s %s", path, err))
			}
			return
		}
		group, isObject := value.(map[string]any)
		if list, isList := value.([]any); isList && len(list) == 0 || value == nil {
			group, isObject = nil, true // Lua writes its empty table as an empty list; null is the editor's "not set"
		}
		switch isGroup := path == "" || hasKeysUnder(path); {
		case isGroup && isObject:
			for _, key := range slices.Sorted(maps.Keys(group)) {
				read(strings.TrimPrefix(path+"."+key, "."), group[key])
			}
		case path == "":
			problems = append(problems, "they must be an object")
		case isGroup:
			problems = append(problems, path+" must be an object")
		default:
			problems = append(problems, path+" is not a setting")
		}
	}
	read("", value)
	return settings, problems
}

func hasKeysUnder(path string) bool {
	for key := range settingKeys {
		if strings.HasPrefix(key, path+".") {
			return true
		}
	}
	return false
}

func readBool(field *bool, value any) error {
	b, ok := value.(bool)
	if value == nil {
		return nil
	}
	if !ok {
		return fmt.Errorf("must be true or false")
	}
	*field = b
	return nil
}

func readInt(field *int, value any, low, high int) error {
	if value == nil {
		return nil
	}
	f, ok := value.(float64)
	if !ok || f != math.Trunc(f) || f < float64(low) || float64(high) < f {
		return fmt.Errorf("must be a whole number from %d to %d", low, high)
	}
	*field = int(f)
	return nil
}

var severities = map[string]protocol.DiagnosticSeverity{
	"hint":        protocol.DiagnosticSeverityHint,
	"information": protocol.DiagnosticSeverityInformation,
	"warning":     protocol.DiagnosticSeverityWarning,
}

func readSeverity(field *protocol.DiagnosticSeverity, value any) error {
	if value == nil {
		return nil
	}
	name, _ := value.(string)
	severity, ok := severities[name]
	if !ok {
		return fmt.Errorf(`must be "hint", "information" or "warning"`)
	}
	*field = severity
	return nil
}
