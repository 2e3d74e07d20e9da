; Go. The syntax is described in query.go, the captures in actions.go.

(comment) @comment
[(interpreted_string_literal) (raw_string_literal) (rune_literal)] @literal.string
[(int_literal) (float_literal) (imaginary_literal) (iota)] @literal.number
[(true) (false)] @literal.boolean
(nil) @literal.null

; Declarations and imports.
(package_clause (package_identifier) @definition)
(import_spec name: (package_identifier) @definition)
(import_spec name: _ @punctuation)
(function_declaration name: (identifier) @definition)
(method_declaration name: (field_identifier) @definition)
(method_elem name: (field_identifier) @definition)
(type_spec name: (type_identifier) @definition)
(type_alias name: (type_identifier) @definition)
(const_spec name: (identifier) @definition)
(field_declaration name: (field_identifier) @definition)
(type_parameter_declaration name: (identifier) @parameter)
(parameter_declaration name: (identifier) @parameter)
(variadic_parameter_declaration name: (identifier) @parameter)

; Uses.
(call_expression function: (identifier) @call)
(call_expression function: (selector_expression operand: (_) @receiver field: (field_identifier) @call))
(call_expression function: (parenthesized_expression (identifier) @call))
(selector_expression operand: (_) @receiver field: (field_identifier) @attribute)
(composite_literal type: [(map_type) (slice_type) (array_type) (implicit_length_array_type)]
  body: (literal_value (keyed_element . (literal_element (identifier) @variable))))
(keyed_element . (literal_element (identifier) @attribute))
(field_identifier) @attribute
(qualified_type package: (package_identifier) @variable)
(package_identifier) @definition
(label_name) @punctuation
(type_identifier) @type
(blank_identifier) @variable
(identifier) @variable

; Operators.
(binary_expression operator: ["==" "!=" "<" "<=" ">" ">="] @operator.comparison)
(binary_expression operator: ["&&" "||"] @operator.logical)
(binary_expression operator: _ @operator.binary)
(unary_expression operator: _ @operator.unary)
(inc_statement "++" @operator.unary)
(dec_statement "--" @operator.unary)
(send_statement "<-" @operator.binary)
(assignment_statement operator: _ @operator.assignment)
(short_var_declaration ":=" @operator.assignment)
(range_clause [":=" "="] @operator.assignment)
(receive_statement [":=" "="] @operator.assignment)
(type_switch_statement ":=" @operator.assignment)
(var_spec "=" @operator.assignment)
(const_spec "=" @operator.assignment)
