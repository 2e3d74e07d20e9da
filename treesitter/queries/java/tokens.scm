; Java. The syntax is described in query.go, the captures in actions.go.

[(line_comment) (block_comment)] @comment

; A string is one token, unless expressions stand in it.
(string_literal (string_interpolation)) @descend
(string_literal) @literal.string
(string_literal ["\"" "\"\"\""] @literal.string)
[(string_fragment) (multiline_string_fragment) (escape_sequence)] @literal.string
(character_literal) @literal.string
[(decimal_integer_literal) (hex_integer_literal) (octal_integer_literal) (binary_integer_literal)
 (decimal_floating_point_literal) (hex_floating_point_literal)] @literal.number
[(true) (false)] @literal.boolean
(null_literal) @literal.null
[(this) (super)] @keyword
"@interface" @keyword

; Types. The word var stands where a type could.
(local_variable_declaration type: (type_identifier) @keyword @name (#eq? @name "var"))
(enhanced_for_statement type: (type_identifier) @keyword @name (#eq? @name "var"))
(resource type: (type_identifier) @keyword @name (#eq? @name "var"))
[(integral_type) (floating_point_type) (boolean_type) (void_type)] @type
(type_parameter . (type_identifier) @definition)
(type_identifier) @type
(marker_annotation name: (identifier) @type)
(annotation name: (identifier) @type)
(element_value_pair key: (identifier) @parameter.use)

; Declarations and imports.
(package_declaration (identifier) @definition)
(package_declaration (scoped_identifier name: (identifier) @definition))
(import_declaration (identifier) @definition)
(import_declaration (scoped_identifier name: (identifier) @definition))
(class_declaration name: (identifier) @definition)
(interface_declaration name: (identifier) @definition)
(enum_declaration name: (identifier) @definition)
(record_declaration name: (identifier) @definition)
(annotation_type_declaration name: (identifier) @definition)
(annotation_type_element_declaration name: (identifier) @definition)
(enum_constant name: (identifier) @definition)
(method_declaration name: (identifier) @definition)
(constructor_declaration name: (identifier) @definition)
(compact_constructor_declaration name: (identifier) @definition)
(field_declaration declarator: (variable_declarator name: (identifier) @definition))
(constant_declaration declarator: (variable_declarator name: (identifier) @definition))
(formal_parameter name: (identifier) @parameter)
(spread_parameter (variable_declarator name: (identifier) @parameter))
(catch_formal_parameter name: (identifier) @parameter)
(lambda_expression parameters: (identifier) @parameter)
(inferred_parameters (identifier) @parameter)

; Uses.
(method_invocation object: (_) @receiver name: (identifier) @call)
(method_invocation name: (identifier) @call)
(method_reference . (identifier) @variable)
(method_reference . (_) @receiver (identifier) @attribute)
(field_access object: (_) @receiver field: (identifier) @attribute)
(scoped_identifier scope: (_) @receiver name: (identifier) @attribute)
(labeled_statement . (identifier) @punctuation)
(break_statement (identifier) @punctuation)
(continue_statement (identifier) @punctuation)
(identifier) @variable

; Operators.
(binary_expression operator: ["==" "!=" "<" "<=" ">" ">="] @operator.comparison)
(binary_expression operator: ["&&" "||"] @operator.logical)
(binary_expression operator: _ @operator.binary)
(instanceof_expression "instanceof" @operator.comparison)
(unary_expression operator: _ @operator.unary)
(update_expression ["++" "--"] @operator.unary)
(assignment_expression operator: _ @operator.assignment)
(variable_declarator "=" @operator.assignment)
(resource "=" @operator.assignment)
