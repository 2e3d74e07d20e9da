; Python. The syntax is described in query.go, the captures in actions.go.

; Functions and classes open scopes, blocks do not.
[(function_definition) (lambda)] @scope.function
(class_definition) @scope.class
[(list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression)] @scope

(function_definition name: (identifier) @definition.function.outer)
(class_definition name: (identifier) @definition.type.outer)
(type_alias_statement . (type (identifier) @definition.type))

(parameters) @definition.parameter
(lambda_parameters) @definition.parameter
(default_parameter value: (_) @uses)
(typed_default_parameter value: (_) @uses)
(function_definition type_parameters: (type_parameter (type (identifier) @definition.type)))
(class_definition type_parameters: (type_parameter (type (identifier) @definition.type)))

; Assignments define the names on their left, wherever those stand in it.
(assignment left: (_) @definition.variable) @after
(augmented_assignment left: (identifier) @definition.variable) @after
(named_expression name: (identifier) @definition.variable.function)
(for_statement left: (_) @definition.variable right: (_) @after)
(for_in_clause left: (_) @definition.variable.hoisted)
(as_pattern_target) @definition.variable
(with_item (as_pattern_target) @definition.variable)
(case_pattern (dotted_name . (identifier) @definition.variable))
(case_pattern (splat_pattern (identifier) @definition.variable))
[(global_statement) (nonlocal_statement)] @elsewhere

; Fields: what a method assigns on self.
(assignment left: (attribute object: (identifier) @receiver attribute: (identifier) @definition.field.class)
  (#eq? @receiver "self"))
(assignment left: (pattern_list (attribute object: (identifier) @receiver attribute: (identifier) @definition.field.class))
  (#eq? @receiver "self"))
(attribute object: (_) @uses)
(attribute attribute: (_) @uses)
(subscript) @uses

; Imports.
(future_import_statement name: (dotted_name (identifier) @uses))
(import_statement name: (dotted_name . (identifier) @definition.import))
(import_statement name: (aliased_import alias: (identifier) @definition.import))
(import_from_statement name: (dotted_name (identifier) @definition.import))
(import_from_statement name: (aliased_import alias: (identifier) @definition.import))
[(import_statement) (import_from_statement) (future_import_statement)] @import

; Calls.
(call function: (_) @name arguments: (argument_list) @arguments) @call
(argument_list [(keyword_argument) (list_splat) (dictionary_splat)] @argument)
(argument_list (comment) @argument.none)

; Declarations, with their decorators.
(decorated_definition definition: [(function_definition) (class_definition)] @declaration.none)
(decorated_definition definition: (_ name: (_) @name body: (_) @body)) @declaration
[(function_definition name: (_) @name body: (_) @body) (class_definition name: (_) @name body: (_) @body)] @declaration
