; C. Everything has a type; of a pointer's or an array's, the part before the
; name is the site.

(parameter_declaration type: [(primitive_type) (type_identifier) (sized_type_specifier)] @existing
  declarator: [(identifier) @name (pointer_declarator declarator: (identifier) @name)]) @site.parameter
(function_definition type: [(primitive_type) (type_identifier) (sized_type_specifier)] @existing
  declarator: (function_declarator declarator: (_) @name)) @site.return
(declaration type: [(primitive_type) (type_identifier) (sized_type_specifier)] @existing
  declarator: [(identifier) @name (init_declarator declarator: (identifier) @name)]) @site.variable
(field_declaration type: [(primitive_type) (type_identifier) (sized_type_specifier)] @existing
  declarator: [(field_identifier) @name (pointer_declarator declarator: (field_identifier) @name)]) @site.field
