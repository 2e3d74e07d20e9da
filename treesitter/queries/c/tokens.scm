; C, and what C++ has from it. The syntax is described in query.go, the captures
; in actions.go.

(comment) @comment
[(string_literal) (char_literal) (system_lib_string)] @literal.string
(number_literal) @literal.number
[(true) (false)] @literal.boolean
(null) @literal.null

; The preprocessor's lines. The grammar does not look into a macro's text, so it
; has no tokens.
["#include" "#define" "#if" "#ifdef" "#ifndef" "#elif" "#elifdef" "#elifndef" "#else" "#endif"] @keyword
(preproc_directive) @keyword
(preproc_arg) @none
(preproc_def name: (identifier) @definition)
(preproc_function_def name: (identifier) @definition)
(preproc_params (identifier) @parameter)

; Types.
(primitive_type) @type
(sized_type_specifier ["unsigned" "signed" "long" "short"] @type)
(struct_specifier name: (type_identifier) @definition body: (_))
(union_specifier name: (type_identifier) @definition body: (_))
(enum_specifier name: (type_identifier) @definition body: (_))
(type_definition declarator: (type_identifier) @definition)
(type_definition declarator: (pointer_declarator declarator: (type_identifier) @definition))
(type_definition declarator: (array_declarator declarator: (type_identifier) @definition))
(type_definition declarator: (function_declarator declarator: (parenthesized_declarator
  (pointer_declarator declarator: (type_identifier) @definition))))
(type_definition declarator: (function_declarator declarator: (type_identifier) @definition))
(type_identifier) @type

; Declarations.
(function_declarator declarator: (identifier) @definition)
(enumerator name: (identifier) @definition)
(field_declaration declarator: (field_identifier) @definition)
(pointer_declarator declarator: (field_identifier) @definition)
(array_declarator declarator: (field_identifier) @definition)
(function_declarator declarator: (field_identifier) @definition)
(parenthesized_declarator (field_identifier) @definition)
(parameter_declaration declarator: (identifier) @parameter)
(parameter_list (identifier) @parameter)

; Uses.
(call_expression function: (identifier) @call)
(call_expression function: (field_expression argument: (_) @receiver field: (field_identifier) @call))
(field_expression argument: (_) @receiver field: (field_identifier) @attribute)
(attribute name: (identifier) @attribute)
(field_identifier) @attribute
(statement_identifier) @punctuation
(identifier) @variable

; Operators.
(binary_expression operator: ["==" "!=" "<" "<=" ">" ">="] @operator.comparison)
(binary_expression operator: ["&&" "||"] @operator.logical)
(binary_expression operator: _ @operator.binary)
(unary_expression operator: _ @operator.unary)
(pointer_expression operator: _ @operator.unary)
(update_expression operator: _ @operator.unary)
(assignment_expression operator: _ @operator.assignment)
(init_declarator "=" @operator.assignment)
(enumerator "=" @operator.assignment)
(initializer_pair "=" @operator.assignment)
