; PHP. The syntax is described in query.go, the captures in actions.go.

; Functions and classes open scopes, blocks do not.
[(function_definition) (method_declaration) (anonymous_function_creation_expression) (arrow_function)] @scope.function
[(declaration_list) (enum_declaration_list)] @scope.class

(class_declaration name: (name) @definition.type.hoisted)
(interface_declaration name: (name) @definition.type.hoisted)
(trait_declaration name: (name) @definition.type.hoisted)
(enum_declaration name: (name) @definition.type.hoisted)
(function_definition name: (name) @definition.function.outer.hoisted)
(method_declaration name: (name) @definition.method.outer)
(declaration_list (const_declaration (const_element . (name) @definition.field)))
(const_declaration (const_element . (name) @definition.variable))
(enum_case name: (name) @definition.field)
(property_element . (variable_name) @definition.field)

(simple_parameter name: (variable_name) @definition.parameter.hoisted)
(variadic_parameter name: (variable_name) @definition.parameter.hoisted)
(property_promotion_parameter name: (variable_name) @definition.parameter.hoisted)

; Assignments define the names on their left, wherever those stand in it.
(assignment_expression left: (variable_name) @definition.variable.function) @after
(assignment_expression left: (list_literal) @definition.variable.function) @after
(reference_assignment_expression left: (variable_name) @definition.variable.function) @after
(augmented_assignment_expression left: (variable_name) @definition.variable.function) @after
(foreach_statement (pair) @definition.variable.function)
(foreach_statement . (_) @after (variable_name) @definition.variable.function)
(foreach_statement . (_) @after (by_ref (variable_name) @definition.variable.function))
(foreach_statement . (_) @after [(list_literal) (array_creation_expression)] @definition.variable.function)
(catch_clause name: (variable_name) @definition.variable.function)
(static_variable_declaration name: (variable_name) @definition.variable.function)
(global_declaration) @elsewhere
; These write what they find into a variable that they are given.
(function_call_expression function: (name) @name (#eq? @name "preg_match") arguments: (arguments (argument (variable_name) @definition.variable.function)))
(function_call_expression function: (name) @name (#eq? @name "preg_match_all") arguments: (arguments (argument (variable_name) @definition.variable.function)))
(function_call_expression function: (name) @name (#eq? @name "parse_str") arguments: (arguments (argument (variable_name) @definition.variable.function)))
[(subscript_expression) (member_access_expression) (scoped_property_access_expression)] @uses

; Imports.
(namespace_use_clause (namespace_aliasing_clause (name) @definition.import.hoisted))
(namespace_use_group_clause (namespace_aliasing_clause (name) @definition.import.hoisted))
(namespace_use_clause (name) @uses (namespace_aliasing_clause))
(namespace_use_clause (qualified_name (name) @uses) (namespace_aliasing_clause))
(namespace_use_group_clause (namespace_name (name) @uses) (namespace_aliasing_clause))
(namespace_use_clause (qualified_name (name) @definition.import.hoisted))
(namespace_use_clause (name) @definition.import.hoisted)
(namespace_use_group_clause (namespace_name (name) @definition.import.hoisted))
(namespace_use_declaration) @import

; Calls.
(function_call_expression function: (_) @name arguments: (arguments) @arguments) @call
(member_call_expression name: (_) @name arguments: (arguments) @arguments) @call
(nullsafe_member_call_expression name: (_) @name arguments: (arguments) @arguments) @call
(scoped_call_expression name: (_) @name arguments: (arguments) @arguments) @call
(object_creation_expression . [(name) (qualified_name)] @name (arguments) @arguments) @call
(arguments (argument name: (_)) @argument)
(arguments (argument (variadic_unpacking)) @argument)
(arguments (comment) @argument.none)

; Declarations.
[(function_definition name: (_) @name body: (_) @body) (method_declaration name: (_) @name body: (_) @body)
 (class_declaration name: (_) @name body: (_) @body) (interface_declaration name: (_) @name body: (_) @body)
 (trait_declaration name: (_) @name body: (_) @body) (enum_declaration name: (_) @name body: (_) @body)] @declaration
