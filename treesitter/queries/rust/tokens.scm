; Rust. The syntax is described in query.go, the captures in actions.go. Inside
; a macro's arguments there are no expressions, only their tokens.

[(line_comment) (block_comment) (shebang)] @comment
[(string_literal) (raw_string_literal) (char_literal)] @literal.string
[(integer_literal) (float_literal)] @literal.number
(negative_literal "-" @operator.unary)
(boolean_literal) @literal.boolean
[(self) (super) (crate) (mutable_specifier)] @keyword
"_" @punctuation
(label) @punctuation

; Types. A lifetime is one.
[(lifetime) (primitive_type)] @type
(type_parameters (type_identifier) @definition)
(constrained_type_parameter left: (type_identifier) @definition)
(optional_type_parameter name: (type_identifier) @definition)
(const_parameter name: (identifier) @definition)

; Declarations and imports.
(function_item name: (identifier) @definition)
(function_signature_item name: (identifier) @definition)
(struct_item name: (type_identifier) @definition)
(enum_item name: (type_identifier) @definition)
(union_item name: (type_identifier) @definition)
(trait_item name: (type_identifier) @definition)
(type_item name: (type_identifier) @definition)
(associated_type name: (type_identifier) @definition)
(enum_variant name: (identifier) @definition)
(field_declaration name: (field_identifier) @definition)
(const_item name: (identifier) @definition)
(static_item name: (identifier) @definition)
(mod_item name: (identifier) @definition)
(macro_definition name: (identifier) @definition)
(parameter pattern: (identifier) @parameter)
(closure_parameters (identifier) @parameter)
(use_declaration argument: (identifier) @definition)
(use_declaration argument: (scoped_identifier path: (_) @receiver name: (identifier) @definition))
(use_list (identifier) @definition)
(use_list (scoped_identifier name: (identifier) @definition))
(use_as_clause alias: (identifier) @definition)
(extern_crate_declaration name: (identifier) @definition)
(extern_crate_declaration alias: (identifier) @definition)

; Uses.
(call_expression function: (identifier) @call)
(call_expression function: (field_expression value: (_) @receiver field: (field_identifier) @call))
(call_expression function: (scoped_identifier path: (_) @receiver name: (identifier) @call))
(generic_function function: (identifier) @call)
(generic_function function: (field_expression value: (_) @receiver field: (field_identifier) @call))
(generic_function function: (scoped_identifier path: (_) @receiver name: (identifier) @call))
(macro_invocation macro: (identifier) @call)
(macro_invocation macro: (scoped_identifier path: (_) @receiver name: (identifier) @call))
(tuple_struct_pattern type: (identifier) @call)
(tuple_struct_pattern type: (scoped_identifier path: (_) @receiver name: (identifier) @call))
(attribute (identifier) @call)
(attribute arguments: (token_tree (identifier) @attribute))
(field_expression value: (_) @receiver field: (field_identifier) @attribute)
(scoped_identifier path: (_) @receiver name: (identifier) @attribute)
(field_identifier) @attribute
[(shorthand_field_identifier) (metavariable)] @variable
(fragment_specifier) @type
(type_identifier) @type
(identifier) @variable

; Operators.
(binary_expression operator: ["==" "!=" "<" "<=" ">" ">="] @operator.comparison)
(binary_expression operator: ["&&" "||"] @operator.logical)
(binary_expression operator: _ @operator.binary)
(unary_expression ["-" "*" "!"] @operator.unary)
(reference_expression "&" @operator.unary)
(assignment_expression "=" @operator.assignment)
(compound_assignment_expr operator: _ @operator.assignment)
(let_declaration "=" @operator.assignment)
(let_condition "=" @operator.assignment)
(const_item "=" @operator.assignment)
(static_item "=" @operator.assignment)
