; Python. The syntax is described in query.go, the captures in actions.go.

(comment) @comment
(line_continuation) @none

; A string is one token, unless expressions stand in it.
(string (interpolation)) @descend
(string) @literal.string
(string_start) @literal.string
(string_content) @literal.string
(string_end) @literal.string
(format_specifier (format_expression)) @descend
(format_specifier) @literal.string
(type_conversion) @literal.string
(integer) @literal.number
(float) @literal.number
[(true) (false)] @literal.boolean
(none) @literal.null
(ellipsis) @literal.null

(type) @types

; Imports.
(future_import_statement name: (dotted_name (identifier) @definition))
(import_statement (dotted_name (identifier) @definition))
(import_from_statement (dotted_name (identifier) @definition))
(relative_import (dotted_name (identifier) @definition))
(aliased_import (dotted_name (identifier) @definition))
(aliased_import alias: (identifier) @definition)
(wildcard_import "*" @punctuation)

; Declarations.
(function_definition name: (identifier) @definition)
(class_definition name: (identifier) @definition)
(type_alias_statement . (type (identifier) @definition))
(parameters (identifier) @parameter)
(lambda_parameters (identifier) @parameter)
(default_parameter name: (identifier) @parameter)
(typed_default_parameter name: (identifier) @parameter)
(typed_parameter (identifier) @parameter)
(parameters (list_splat_pattern (identifier) @parameter))
(parameters (dictionary_splat_pattern (identifier) @parameter))
(lambda_parameters (list_splat_pattern (identifier) @parameter))
(lambda_parameters (dictionary_splat_pattern (identifier) @parameter))
(typed_parameter (list_splat_pattern (identifier) @parameter))
(typed_parameter (dictionary_splat_pattern (identifier) @parameter))

; Uses.
(call function: (identifier) @call)
(call function: (attribute object: (_) @receiver attribute: (identifier) @call))
(decorator (identifier) @call)
(attribute object: (_) @receiver attribute: (identifier) @attribute)
(keyword_argument name: (identifier) @parameter.use)
(keyword_pattern . (identifier) @attribute)
(class_pattern (dotted_name (identifier) @call))
(identifier) @variable

; Operators.
(binary_operator operator: _ @operator.binary)
(unary_operator operator: _ @operator.unary)
(comparison_operator operators: _ @operator.comparison)
(boolean_operator operator: _ @operator.logical)
(not_operator "not" @operator.unary)
(assignment "=" @operator.assignment)
(augmented_assignment operator: _ @operator.assignment)
(named_expression ":=" @operator.assignment)
