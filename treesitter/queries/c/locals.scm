; C, and what C++ has from it. The syntax is described in query.go, the captures
; in actions.go.

; A function's body shares its parameters' scope.
(function_definition) @scope
(function_definition body: (compound_statement) @scope.none)
(function_definition declarator: (function_declarator parameters: (parameter_list) @scope.none))
(function_definition declarator: (pointer_declarator declarator: (function_declarator parameters: (parameter_list) @scope.none)))
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator
  declarator: (function_declarator parameters: (parameter_list) @scope.none))))
[(compound_statement) (for_statement) (parameter_list)] @scope
(field_declaration_list) @scope.class

; Names of functions, types and macros. Headers declare most functions before
; they are defined, so order does not count.
(function_definition declarator: (function_declarator declarator: (_) @definition.function.outer.hoisted))
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @definition.function.outer.hoisted)))
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator
  declarator: (function_declarator declarator: (_) @definition.function.outer.hoisted))))
(declaration declarator: (function_declarator declarator: (identifier) @definition.function.hoisted))
(declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @definition.function.hoisted)))
(struct_specifier name: (_) @definition.type body: (_))
(union_specifier name: (_) @definition.type body: (_))
(enum_specifier name: (_) @definition.type body: (_))
(type_definition declarator: (_) @definition.type)
(enumerator name: (_) @definition.variable)
(preproc_def name: (_) @definition.variable)
(preproc_function_def name: (_) @definition.function)

; A declarator defines the name in it.
(parameter_declaration declarator: (_) @definition.parameter.hoisted)
(parameter_list (identifier) @definition.parameter.hoisted)
(declaration declarator: (init_declarator declarator: (_) @definition.variable) @after)
(declaration declarator: (init_declarator) @uses)
(declaration declarator: (_) @definition.variable)
(field_declaration declarator: (_) @definition.field)
(array_declarator size: (_) @uses)
(function_declarator parameters: (_) @uses)
(init_declarator value: (_) @uses)

(preproc_include) @import

(call_expression function: (_) @name arguments: (argument_list) @arguments) @call
(argument_list (comment) @argument.none)

(function_definition declarator: (function_declarator declarator: (_) @name) body: (_) @body) @declaration
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name)) body: (_) @body) @declaration
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator
  declarator: (function_declarator declarator: (_) @name))) body: (_) @body) @declaration
(type_definition type: (struct_specifier body: (_)) @declaration.none)
(type_definition type: (struct_specifier body: (_) @body) declarator: (type_identifier) @name) @declaration
(struct_specifier name: (_) @name body: (_) @body) @declaration
(union_specifier name: (_) @name body: (_) @body) @declaration
(enum_specifier name: (_) @name body: (_) @body) @declaration
