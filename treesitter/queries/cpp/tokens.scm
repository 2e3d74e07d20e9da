; inherits: c

; C++ beyond C.
(user_defined_literal (number_literal)) @literal.number
[(user_defined_literal) (raw_string_literal)] @literal.string
(pure_virtual_clause "0" @literal.number)
[(this) (auto) (virtual)] @keyword

; Types and templates.
(class_specifier name: (type_identifier) @definition body: (_))
(class_specifier name: (template_type name: (type_identifier) @definition) body: (_))
(struct_specifier name: (template_type name: (type_identifier) @definition) body: (_))
(alias_declaration name: (type_identifier) @definition)
(concept_definition name: (identifier) @definition)
(type_parameter_declaration (type_identifier) @definition)
(optional_type_parameter_declaration name: (type_identifier) @definition)
(variadic_type_parameter_declaration (type_identifier) @definition)

; Declarations and imports.
(namespace_definition name: (namespace_identifier) @definition)
(nested_namespace_specifier (namespace_identifier) @definition)
(namespace_alias_definition name: (namespace_identifier) @definition)
(using_declaration (identifier) @definition)
(using_declaration (qualified_identifier name: (identifier) @definition))
(function_declarator declarator: (qualified_identifier name: (identifier) @definition))
(function_declarator declarator: (qualified_identifier name: (qualified_identifier name: (identifier) @definition)))
(destructor_name (identifier) @definition)
(reference_declarator (field_identifier) @definition)
(optional_parameter_declaration declarator: (identifier) @parameter)

; Uses.
(call_expression function: (qualified_identifier scope: (_) @receiver name: (identifier) @call))
(call_expression function: (qualified_identifier name: (qualified_identifier scope: (_) @receiver name: (identifier) @call)))
(call_expression function: (qualified_identifier name: (qualified_identifier name: (qualified_identifier
  scope: (_) @receiver name: (identifier) @call))))
(template_function name: (identifier) @call)
(field_expression argument: (_) @receiver field: (template_method name: (field_identifier) @call))
(template_method name: (field_identifier) @call)
(qualified_identifier scope: (_) @receiver name: (identifier) @attribute)
(namespace_identifier) @variable

; Operators.
(binary_expression operator: ["<=>" "not_eq"] @operator.comparison)
(binary_expression operator: ["and" "or"] @operator.logical)
(fold_expression operator: _ @operator.binary)
(optional_parameter_declaration "=" @operator.assignment)
(field_declaration "=" @operator.assignment)
(declaration "=" @operator.assignment)
