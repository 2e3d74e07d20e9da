package settings

import "encoding/json"

// Client is the source that problems of an editor's settings name: editors do not say which file and line a setting stands in.
const Client = "the editor's settings"

// ReadClient reads the object that an editor sent under Section, nested or with dotted keys; empty and null set nothing.
func ReadClient(raw json.RawMessage) (Layer, []Problem) {
	r := reader{source: Client}
	var value any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &value); err != nil {
			r.complain("", "they are not JSON: the defaults are used")
			return r.layer, r.problems
		}
	}
	r.read("", value)
	return r.layer, r.problems
}
