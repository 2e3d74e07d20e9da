; What JavaScript and TypeScript have in common.

; A function's block shares its parameters' scope.
[(function_declaration) (function_expression) (generator_function_declaration) (generator_function) (arrow_function)
 (method_definition)] @scope.function
(function_declaration body: (statement_block) @scope.none)
(function_expression body: (statement_block) @scope.none)
(generator_function_declaration body: (statement_block) @scope.none)
(generator_function body: (statement_block) @scope.none)
(arrow_function body: (statement_block) @scope.none)
(method_definition body: (statement_block) @scope.none)
(catch_clause body: (statement_block) @scope.none)
[(statement_block) (for_statement) (for_in_statement) (catch_clause) (switch_body)] @scope
(class_body) @scope.class

(function_declaration name: (_) @definition.function.outer.hoisted)
(generator_function_declaration name: (_) @definition.function.outer.hoisted)
(function_expression name: (_) @definition.function.hoisted)
(generator_function name: (_) @definition.function.hoisted)
(method_definition name: (_) @definition.method.outer)

(formal_parameters) @definition.parameter
(arrow_function parameter: (_) @definition.parameter)
(catch_clause parameter: (_) @definition.variable)
(assignment_pattern right: (_) @uses)
(object_assignment_pattern right: (_) @uses)
(pair_pattern key: (_) @uses)
(assignment_expression left: (member_expression object: (this) property: (_) @definition.field.class))
(member_expression) @uses
(subscript_expression) @uses

(lexical_declaration (variable_declarator name: (_) @definition.variable) @after)
(variable_declaration (variable_declarator name: (_) @definition.variable.function.hoisted))
(for_in_statement kind: _ left: (_) @definition.variable right: (_) @after)

(import_clause (identifier) @definition.import.hoisted)
(namespace_import (identifier) @definition.import.hoisted)
(import_specifier alias: (_) @definition.import.hoisted)
(import_specifier !alias name: (_) @definition.import.hoisted)
(import_statement) @import

(call_expression function: (_) @name arguments: (arguments) @arguments) @call
(new_expression constructor: (_) @name arguments: (arguments) @arguments) @call
(arguments (spread_element) @argument)
(arguments (comment) @argument.none)

(export_statement declaration: [(function_declaration) (generator_function_declaration) (class_declaration)] @declaration.none)
(export_statement declaration: (function_declaration name: (_) @name body: (_) @body)) @declaration
(export_statement declaration: (generator_function_declaration name: (_) @name body: (_) @body)) @declaration
(export_statement declaration: (class_declaration name: (_) @name body: (_) @body)) @declaration
(function_declaration name: (_) @name body: (_) @body) @declaration
(generator_function_declaration name: (_) @name body: (_) @body) @declaration
(class_declaration name: (_) @name body: (_) @body) @declaration
(method_definition name: (_) @name body: (_) @body) @declaration
(export_statement declaration: (lexical_declaration (variable_declarator value: [(arrow_function) (function_expression)])) @declaration.none)
(export_statement declaration: (lexical_declaration (variable_declarator
  name: (identifier) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]))) @declaration
(lexical_declaration (variable_declarator
  name: (identifier) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])) @declaration
