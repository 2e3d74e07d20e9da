; Go. The syntax is described in query.go, the captures in actions.go.

; A function's body shares its parameters' scope. Functions are plain blocks:
; they see the names before them, and those of the package.
[(function_declaration) (method_declaration) (func_literal)] @scope
(function_declaration body: (block) @scope.none)
(method_declaration body: (block) @scope.none)
(func_literal body: (block) @scope.none)
[(block) (if_statement) (for_statement) (expression_switch_statement) (type_switch_statement) (select_statement)
 (method_elem) (function_type)] @scope
[(expression_case) (type_case) (default_case) (communication_case)] @scope.clause
[(struct_type) (interface_type)] @scope.class
(type_spec (type_parameter_list)) @scope

(source_file (function_declaration name: (identifier) @definition.function.outer.hoisted))
(method_declaration name: (_) @definition.method.outer)
(method_elem name: (_) @definition.method.outer)
(field_declaration name: (_) @definition.field)
(source_file (type_declaration (type_spec name: (_) @definition.type.outer.hoisted type_parameters: (_))))
(source_file (type_declaration (type_spec name: (_) @definition.type.hoisted)))
(source_file (type_declaration (type_alias name: (_) @definition.type.hoisted)))
(type_spec name: (_) @definition.type.outer type_parameters: (_))
(type_spec name: (_) @definition.type)
(type_alias name: (_) @definition.type)
(source_file (var_declaration (var_spec name: (_) @definition.variable.hoisted)))
(source_file (const_declaration (const_spec name: (_) @definition.variable.hoisted)))
(var_spec name: (_) @definition.variable) @after
(const_spec name: (_) @definition.variable) @after

(parameter_declaration name: (_) @definition.parameter.hoisted)
(variadic_parameter_declaration name: (_) @definition.parameter.hoisted)
(type_parameter_declaration name: (_) @definition.type.hoisted)

(short_var_declaration left: (_) @definition.variable) @after
(range_clause left: (_) @definition.variable ":=") @after
(receive_statement left: (_) @definition.variable ":=") @after
(type_switch_statement alias: (_) @definition.variable value: (_) @after)

(import_spec name: (package_identifier) @definition.import.hoisted)
(import_spec !name path: (_) @definition.import.hoisted)
(import_declaration) @import

(call_expression function: (_) @name arguments: (argument_list) @arguments) @call
(argument_list (variadic_argument) @argument)
(argument_list (comment) @argument.none)

(function_declaration name: (_) @name body: (_) @body) @declaration
(method_declaration name: (_) @name body: (_) @body) @declaration
(type_declaration (type_spec name: (_) @name type: [
  (struct_type (field_declaration_list) @body) (interface_type) @body])) @declaration
