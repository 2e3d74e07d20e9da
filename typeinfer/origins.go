package typeinfer

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/project/index"
	"mlm-lsp/treesitter"
)

// FromIndex tells for Options.Origins what a project knows: where other files import a name from, as far as that means the same in every file, and which file defines it. path is that of
// the file that asks, as the index has it; x may be nil.
func FromIndex(x *index.Index, language, path string) func(name string) []string {
	if x == nil {
		return nil
	}
	return func(name string) (modules []string) {
		add := func(module string) {
			if module != "" && !slices.Contains(modules, module) {
				modules = append(modules, module)
			}
		}
		// Others may take it as the default of a module, or by another name: then nobody knows how it is imported here.
		for _, i := range x.Imports(language, name, path) {
			if i.Of != name {
				return nil
			}
			if !strings.HasPrefix(i.Module, ".") && i.Module != "__future__" {
				add(i.Module)
			}
		}
		var defined []string
		for _, s := range x.Find(language, name) {
			if s.Kind != treesitter.DefinitionType || s.Of != "" || s.Path == path {
				continue
			}
			if language != "python" && !s.Exported {
				continue
			}
			if module := x.Module(s.Path, path); module != "" && !slices.Contains(defined, module) {
				defined = append(defined, module)
			}
		}
		if len(defined) == 1 { // of two of the same name nobody knows which is meant
			add(defined[0])
		}
		return modules
	}
}
