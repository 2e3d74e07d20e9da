; Java. Only variables can do without a type.

(formal_parameter type: (_) @existing name: (_) @name) @site.parameter
(method_declaration type: (void_type) name: (_)) @site.none
(method_declaration type: (_) @existing name: (_) @name) @site.return
(field_declaration type: (_) @existing declarator: (variable_declarator name: (_) @name)) @site.field
(constant_declaration type: (_) @existing declarator: (variable_declarator name: (_) @name)) @site.field
(local_variable_declaration type: (_) @existing declarator: (variable_declarator name: (_) @name)
  (#not-eq? @existing "var")) @site.variable
(enhanced_for_statement type: (_) @existing name: (_) @name (#not-eq? @existing "var")) @site.variable
