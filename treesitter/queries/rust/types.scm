; Rust. Variables and the parameters of closures can do without a type.

(parameter pattern: (identifier) @name type: (_) @existing) @site.parameter
(closure_parameters (identifier) @site.parameter)
(function_item name: (_) @name return_type: (_) @existing) @site.return
(function_signature_item name: (_) @name return_type: (_) @existing) @site.return
(let_declaration pattern: (identifier) @name type: (_) @existing) @site.variable
(let_declaration pattern: (identifier) @site.variable !type)
(const_item name: (_) @name type: (_) @existing) @site.variable
(static_item name: (_) @name type: (_) @existing) @site.variable
(field_declaration name: (_) @name type: (_) @existing) @site.field
