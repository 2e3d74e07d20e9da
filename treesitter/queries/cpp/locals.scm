; inherits: c

; A template's parameters share the scope of the function's, and outside of a
; function its members see those of the class in any order.
(template_declaration) @scope
(template_declaration (function_definition) @scope.none)
[(catch_clause) (lambda_expression) (if_statement) (while_statement) (for_range_loop) (switch_statement)] @scope
(catch_clause body: (compound_statement) @scope.none)
(catch_clause parameters: (parameter_list) @scope.none)
(lambda_expression body: (compound_statement) @scope.none)
(lambda_expression declarator: (abstract_function_declarator parameters: (parameter_list) @scope.none))
(for_range_loop body: (compound_statement) @scope.none)
(function_definition declarator: (reference_declarator (function_declarator parameters: (parameter_list) @scope.none)))
(namespace_definition body: (declaration_list) @scope)

(function_declarator declarator: [(qualified_identifier) (destructor_name) (operator_name)] @uses)
(function_definition declarator: (reference_declarator (function_declarator declarator: (_) @definition.function.outer.hoisted)))
(template_declaration (class_specifier name: (_) @definition.type.outer.hoisted body: (_)))
(template_declaration (struct_specifier name: (_) @definition.type.outer.hoisted body: (_)))
(template_declaration (alias_declaration name: (_) @definition.type.outer))
(template_declaration (concept_definition name: (_) @definition.type.outer))
(template_declaration (declaration declarator: (function_declarator declarator: (identifier) @definition.function.outer.hoisted)))
(class_specifier name: (_) @definition.type.hoisted body: (_))
(alias_declaration name: (_) @definition.type)
(type_parameter_declaration (type_identifier) @definition.type.hoisted)
(optional_type_parameter_declaration name: (_) @definition.type.hoisted)
(variadic_type_parameter_declaration (type_identifier) @definition.type.hoisted)
(enum_specifier "class" body: (enumerator_list (enumerator name: (_) @elsewhere)))
(namespace_definition name: (namespace_identifier) @definition.variable.hoisted)
(namespace_alias_definition name: (_) @definition.variable)
(using_declaration (qualified_identifier name: (identifier) @definition.import))
(optional_parameter_declaration declarator: (_) @definition.parameter.hoisted)
(variadic_parameter_declaration declarator: (_) @definition.parameter.hoisted)
(for_range_loop declarator: (_) @definition.variable right: (_) @after)
(field_declaration declarator: (function_declarator declarator: (_) @definition.function.hoisted))
(field_declaration declarator: (_) @definition.variable.hoisted)

(new_expression type: (_) @name arguments: (argument_list) @arguments) @call

(template_declaration [(function_definition) (class_specifier) (struct_specifier)] @declaration.none)
(template_declaration (function_definition declarator: (function_declarator declarator: (_) @name) body: (_) @body)) @declaration
(template_declaration (function_definition body: (_) @body)) @declaration
(template_declaration (class_specifier name: (_) @name body: (_) @body)) @declaration
(template_declaration (struct_specifier name: (_) @name body: (_) @body)) @declaration
(function_definition declarator: (reference_declarator (function_declarator declarator: (_) @name)) body: (_) @body) @declaration
(class_specifier name: (_) @name body: (_) @body) @declaration
(namespace_definition name: (_) @name body: (_) @body) @declaration
(namespace_definition body: (_) @body) @declaration
