; inherits: c

(parameter_declaration type: [(qualified_identifier) (template_type)] @existing
  declarator: [(identifier) @name (pointer_declarator declarator: (identifier) @name) (reference_declarator (identifier) @name)]) @site.parameter
(parameter_declaration type: [(primitive_type) (type_identifier) (sized_type_specifier)] @existing
  declarator: (reference_declarator (identifier) @name)) @site.parameter
(function_definition type: [(qualified_identifier) (template_type)] @existing
  declarator: (function_declarator declarator: (_) @name)) @site.return
(declaration type: [(qualified_identifier) (template_type)] @existing
  declarator: [(identifier) @name (init_declarator declarator: (identifier) @name)]) @site.variable
(field_declaration type: [(qualified_identifier) (template_type)] @existing declarator: (field_identifier) @name) @site.field
