; What JavaScript and TypeScript have in common.

(comment) @comment
(hash_bang_line) @comment
(string) @literal.string
(template_string (template_substitution)) @descend
(template_string) @literal.string
(template_string "`" @literal.string)
[(string_fragment) (escape_sequence)] @literal.string
(regex) @literal.string
(number) @literal.number
[(true) (false)] @literal.boolean
[(null) (undefined)] @literal.null
[(this) (super)] @keyword

; Imports and exports.
(import_clause (identifier) @definition)
(namespace_import (identifier) @definition)
(import_specifier (identifier) @definition)
(namespace_export (identifier) @definition)
(export_specifier alias: (identifier) @definition)
(export_statement "*" @punctuation)
(namespace_import "*" @punctuation)

; Declarations.
(function_declaration name: (identifier) @definition)
(function_expression name: (identifier) @definition)
(generator_function_declaration name: (identifier) @definition)
(generator_function name: (identifier) @definition)
(method_definition name: [(property_identifier) (private_property_identifier)] @definition)
(arrow_function parameter: (identifier) @parameter)
(catch_clause parameter: (identifier) @parameter)

; Uses.
(call_expression function: (identifier) @call)
(call_expression function: (member_expression
  object: (_) @receiver property: [(property_identifier) (private_property_identifier)] @call))
(new_expression constructor: (identifier) @call)
(new_expression constructor: (member_expression object: (_) @receiver property: (property_identifier) @call))
(decorator (identifier) @call)
(member_expression object: (_) @receiver property: [(property_identifier) (private_property_identifier)] @attribute)
[(property_identifier) (private_property_identifier)] @attribute
(statement_identifier) @punctuation
[(shorthand_property_identifier) (shorthand_property_identifier_pattern)] @variable
(identifier) @variable

; Operators.
(binary_expression operator: ["==" "!=" "===" "!==" "<" "<=" ">" ">=" "in" "instanceof"] @operator.comparison)
(binary_expression operator: ["&&" "||" "??"] @operator.logical)
(binary_expression operator: _ @operator.binary)
(unary_expression operator: _ @operator.unary)
(update_expression operator: _ @operator.unary)
(assignment_expression "=" @operator.assignment)
(augmented_assignment_expression operator: _ @operator.assignment)
(variable_declarator "=" @operator.assignment)
