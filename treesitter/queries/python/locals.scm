(decorated_definition definition: (function_definition) @none)
(decorated_definition definition: (class_definition) @none)
(decorated_definition definition: (function_definition name: (_) @name body: (_) @body)) @declaration
(decorated_definition definition: (class_definition name: (_) @name body: (_) @body)) @declaration
(function_definition name: (_) @name body: (_) @body) @declaration
(class_definition name: (_) @name body: (_) @body) @declaration

(import_statement) @import
(import_from_statement) @import
(future_import_statement) @import
