package typeinfer

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project/index"
	"mlm-lsp/lsp/typings"
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

// alike lists the names that types are called when values are called as a site is, as far as the file may import them: "ShoppingCart" and "Cart" for "shopping_cart", "make_shopping_cart" and
// "shoppingCarts".
func (o *Options) alike(site treesitter.TypeSite) (list []string) {
	if o.Origins == nil {
		return nil
	}
	parts := names.Parts(typings.Symbol(site))
	for from := range parts {
		if from < len(parts)-3 {
			continue
		}
		name := ""
		for _, part := range parts[from:] {
			name += strings.ToUpper(part[:1]) + part[1:]
		}
		for _, name := range []string{name, strings.TrimSuffix(name, "s")} {
			if len(name) > 2 && !slices.Contains(list, name) && len(o.Origins(name)) > 0 {
				list = append(list, name)
			}
		}
	}
	return list
}
