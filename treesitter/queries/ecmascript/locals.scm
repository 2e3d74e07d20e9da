; What JavaScript and TypeScript have in common.

(export_statement declaration: [(function_declaration) (generator_function_declaration) (class_declaration)] @none)
(export_statement declaration: (function_declaration name: (_) @name body: (_) @body)) @declaration
(export_statement declaration: (generator_function_declaration name: (_) @name body: (_) @body)) @declaration
(export_statement declaration: (class_declaration name: (_) @name body: (_) @body)) @declaration
(function_declaration name: (_) @name body: (_) @body) @declaration
(generator_function_declaration name: (_) @name body: (_) @body) @declaration
(class_declaration name: (_) @name body: (_) @body) @declaration
(method_definition name: (_) @name body: (_) @body) @declaration
(lexical_declaration (variable_declarator name: (identifier) @name value: (arrow_function body: (statement_block) @body))) @declaration
(lexical_declaration (variable_declarator name: (identifier) @name value: (function_expression body: (_) @body))) @declaration

(import_statement) @import
