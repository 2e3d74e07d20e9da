(function_declaration name: (_) @name body: (_) @body) @declaration
(method_declaration name: (_) @name body: (_) @body) @declaration
(type_spec name: (_) @name type: (_) @body) @none
(type_declaration (type_spec name: (_) @name type: (_) @body)) @declaration

(import_declaration) @import
