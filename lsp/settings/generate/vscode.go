package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"mlm-lsp/lsp/settings"
)

// withConfiguration puts the settings into the package.json of the VS Code extension, as the first of contributes.configuration. All else in it, which people write, stays byte for byte as it is; other
// elements of that list are the extension's own settings.
func withConfiguration(text []byte, entries []entry) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var old json.RawMessage
	err := enter(decoder, "contributes")
	if err == nil {
		err = enter(decoder, "configuration")
	}
	if err == nil {
		err = opens(decoder, '[')
	}
	if err == nil {
		err = decoder.Decode(&old)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for contributes.configuration, which must be a list whose first element is generated: %w", err)
	}
	end := int(decoder.InputOffset())
	return bytes.Join([][]byte{text[:end-len(old)], indented(configuration(entries), "      "), text[end:]}, nil), nil
}

// enter reads an object up to the value of a member.
func enter(decoder *json.Decoder, name string) error {
	if err := opens(decoder, '{'); err != nil {
		return err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil || key == name {
			return err
		}
		if err := decoder.Decode(&json.RawMessage{}); err != nil {
			return err
		}
	}
	return fmt.Errorf("no member %q", name)
}

func opens(decoder *json.Decoder, want json.Delim) error {
	token, err := decoder.Token()
	if err == nil && token != want {
		err = fmt.Errorf("%v, not %v, before byte %d", token, want, decoder.InputOffset())
	}
	return err
}

// configuration is what VS Code shows and checks. A setting of the project may differ from folder to folder. None names anything that is loaded or run, so that none is kept from a workspace.
func configuration(entries []entry) object {
	properties := object{}
	for i, e := range entries {
		scope := "window"
		if e.Project {
			scope = "resource"
		}
		properties = append(properties, member{settings.Section + "." + e.Name, append(e.schema(), member{"scope", scope}, member{"order", i + 1})})
	}
	return object{{"title", "mlm-lsp"}, {"properties", properties}}
}
