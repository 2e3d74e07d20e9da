; PHP. The syntax is described in query.go, the captures in actions.go.

(comment) @comment
(text_interpolation (text) @none)
[(php_tag) "?>"] @punctuation

; A string is one token, unless expressions stand in it.
(encapsed_string [(variable_name) (member_access_expression) (nullsafe_member_access_expression) (subscript_expression)
  (member_call_expression) (scoped_call_expression) (dynamic_variable_name)]) @descend
[(string) (encapsed_string)] @literal.string
(encapsed_string "\"" @literal.string)
[(string_content) (escape_sequence)] @literal.string
(heredoc value: (heredoc_body [(variable_name) (member_access_expression) (nullsafe_member_access_expression) (subscript_expression)
  (member_call_expression) (scoped_call_expression) (dynamic_variable_name)])) @descend
[(heredoc) (nowdoc) (shell_command_expression)] @literal.string
[(heredoc_start) (heredoc_end)] @literal.string
(heredoc "<<<" @literal.string)
[(integer) (float)] @literal.number
(boolean) @literal.boolean
(null) @literal.null

; Types.
(named_type (name) @type)
(named_type (qualified_name (name) @type))
[(primitive_type) (cast_type)] @type
(base_clause (name) @type)
(base_clause (qualified_name (name) @type))
(class_interface_clause (name) @type)
(class_interface_clause (qualified_name (name) @type))
(use_declaration (name) @type)
(use_declaration (qualified_name (name) @type))
(attribute (name) @type)
(attribute (qualified_name (name) @type))
(object_creation_expression (name) @type)
(object_creation_expression (qualified_name (name) @type))
(binary_expression operator: "instanceof" right: (name) @type)
(binary_expression operator: "instanceof" right: (qualified_name (name) @type))
(scoped_call_expression scope: (name) @type)
(scoped_call_expression scope: (qualified_name (name) @type))
(scoped_property_access_expression scope: (name) @type)
(scoped_property_access_expression scope: (qualified_name (name) @type))
(class_constant_access_expression (name) @keyword @name (#eq? @name "class"))
(class_constant_access_expression . (name) @type)
(class_constant_access_expression . (qualified_name (name) @type))

; Declarations and imports.
(namespace_definition name: (namespace_name (name) @definition))
(namespace_use_clause (name) @definition)
(namespace_use_clause (qualified_name (name) @definition))
(namespace_use_group_clause (namespace_name (name) @definition))
(namespace_aliasing_clause (name) @definition)
(class_declaration name: (name) @definition)
(interface_declaration name: (name) @definition)
(trait_declaration name: (name) @definition)
(enum_declaration name: (name) @definition)
(enum_case name: (name) @definition)
(function_definition name: (name) @definition)
(method_declaration name: (name) @definition)
(const_element . (name) @definition)
(property_element . (variable_name) @definition)
(simple_parameter name: (variable_name) @parameter)
(variadic_parameter name: (variable_name) @parameter)
(property_promotion_parameter name: (variable_name) @parameter)
(catch_clause name: (variable_name) @parameter)

; Uses. A variable is one token with its dollar.
(scoped_property_access_expression scope: (_) @receiver name: (variable_name) @attribute)
(variable_name) @variable
(function_call_expression function: (name) @call)
(function_call_expression function: (qualified_name (name) @call))
(member_call_expression object: (_) @receiver name: (name) @call)
(nullsafe_member_call_expression object: (_) @receiver name: (name) @call)
(scoped_call_expression scope: (_) @receiver name: (name) @call)
(member_access_expression object: (_) @receiver name: (name) @attribute)
(nullsafe_member_access_expression object: (_) @receiver name: (name) @attribute)
(class_constant_access_expression . (_) @receiver (name) @attribute)
(argument name: (name) @parameter.use)
(namespace_name (name) @attribute)
(goto_statement (name) @punctuation)
(named_label_statement (name) @punctuation)
(name) @variable

; Operators.
(binary_expression operator: ["==" "!=" "===" "!==" "<>" "<" "<=" ">" ">=" "<=>" "instanceof"] @operator.comparison)
(binary_expression operator: ["&&" "||" "??" "and" "or" "xor"] @operator.logical)
(binary_expression operator: _ @operator.binary)
(unary_op_expression operator: _ @operator.unary)
(update_expression operator: _ @operator.unary)
(assignment_expression "=" @operator.assignment)
(reference_assignment_expression "=" @operator.assignment)
(augmented_assignment_expression operator: _ @operator.assignment)
