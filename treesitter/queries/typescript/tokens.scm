; inherits: ecmascript

[(type_annotation) (type_arguments) (type_parameters)] @types
(predefined_type) @type
(this_type) @keyword
(literal_type [(null) (undefined)] @type)

(class_declaration name: (type_identifier) @definition)
(abstract_class_declaration name: (type_identifier) @definition)
(class name: (type_identifier) @definition)
(interface_declaration name: (type_identifier) @definition)
(type_alias_declaration name: (type_identifier) @definition)
(enum_declaration name: (identifier) @definition)
(enum_assignment name: (property_identifier) @definition)
(enum_body name: (property_identifier) @definition)
(internal_module name: (identifier) @definition)
(module name: (identifier) @definition)
(function_signature name: (identifier) @definition)
(method_signature name: (property_identifier) @definition)
(abstract_method_signature name: (property_identifier) @definition)
(property_signature name: (property_identifier) @definition)
(public_field_definition name: [(property_identifier) (private_property_identifier)] @definition)
(type_parameter name: (type_identifier) @definition)
(required_parameter pattern: (identifier) @parameter)
(required_parameter pattern: (rest_pattern (identifier) @parameter))
(optional_parameter pattern: (identifier) @parameter)
(index_signature name: (identifier) @parameter)
(type_identifier) @type
(optional_chain) @punctuation
