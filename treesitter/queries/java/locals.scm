; Java. The syntax is described in query.go, the captures in actions.go.

; A method's body shares its parameters' scope. Methods are plain blocks: they
; see the members of the classes around them, which stand in any order.
[(class_declaration) (interface_declaration) (record_declaration) (method_declaration) (constructor_declaration)
 (compact_constructor_declaration) (lambda_expression)] @scope
(method_declaration body: (block) @scope.none)
(lambda_expression body: (block) @scope.none)
(catch_clause body: (block) @scope.none)
[(block) (for_statement) (enhanced_for_statement) (catch_clause) (try_with_resources_statement) (switch_block) (switch_rule)] @scope
[(class_body) (interface_body) (enum_body) (annotation_type_body)] @scope.class

(class_declaration name: (_) @definition.type.outer.hoisted)
(interface_declaration name: (_) @definition.type.outer.hoisted)
(record_declaration name: (_) @definition.type.outer.hoisted)
(enum_declaration name: (_) @definition.type.hoisted)
(annotation_type_declaration name: (_) @definition.type.hoisted)
(type_parameter . (type_identifier) @definition.type.hoisted)
(method_declaration name: (_) @definition.function.outer.hoisted)
(annotation_type_element_declaration name: (_) @definition.method)
(field_declaration declarator: (variable_declarator name: (_) @definition.variable.hoisted))
(constant_declaration declarator: (variable_declarator name: (_) @definition.variable.hoisted))
(enum_constant name: (_) @definition.variable.hoisted)

(formal_parameter name: (_) @definition.parameter.hoisted)
(spread_parameter (variable_declarator name: (_) @definition.parameter.hoisted))
(lambda_expression parameters: (identifier) @definition.parameter.hoisted)
(inferred_parameters (identifier) @definition.parameter.hoisted)
(catch_formal_parameter name: (_) @definition.variable.hoisted)
(local_variable_declaration declarator: (variable_declarator name: (_) @definition.variable) @after)
(enhanced_for_statement name: (_) @definition.variable value: (_) @after)
(resource name: (_) @definition.variable) @after
(instanceof_expression name: (_) @definition.variable)
(type_pattern (identifier) @definition.variable)
(record_pattern_component (identifier) @definition.variable)

(import_declaration (identifier) @uses (asterisk))
(import_declaration (scoped_identifier name: (_) @uses) (asterisk))
(import_declaration (identifier) @definition.import.hoisted)
(import_declaration (scoped_identifier name: (_) @definition.import.hoisted))
(import_declaration) @import

(method_invocation name: (_) @name arguments: (argument_list) @arguments) @call
(object_creation_expression type: (_) @name arguments: (argument_list) @arguments) @call
(explicit_constructor_invocation constructor: (_) @name arguments: (argument_list) @arguments) @call
(argument_list [(line_comment) (block_comment)] @argument.none)

[(class_declaration name: (_) @name body: (_) @body) (interface_declaration name: (_) @name body: (_) @body)
 (enum_declaration name: (_) @name body: (_) @body) (record_declaration name: (_) @name body: (_) @body)
 (annotation_type_declaration name: (_) @name body: (_) @body) (method_declaration name: (_) @name body: (_) @body)
 (constructor_declaration name: (_) @name body: (_) @body) (compact_constructor_declaration name: (_) @name body: (_) @body)] @declaration
