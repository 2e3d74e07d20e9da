; inherits: ecmascript

(export_statement declaration: [(interface_declaration) (enum_declaration) (abstract_class_declaration)] @none)
(export_statement declaration: (interface_declaration name: (_) @name body: (_) @body)) @declaration
(export_statement declaration: (enum_declaration name: (_) @name body: (_) @body)) @declaration
(export_statement declaration: (abstract_class_declaration name: (_) @name body: (_) @body)) @declaration
(interface_declaration name: (_) @name body: (_) @body) @declaration
(enum_declaration name: (_) @name body: (_) @body) @declaration
(abstract_class_declaration name: (_) @name body: (_) @body) @declaration
