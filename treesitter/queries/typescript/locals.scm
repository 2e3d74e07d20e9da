; inherits: ecmascript

[(class_declaration) (abstract_class_declaration) (class) (interface_declaration) (type_alias_declaration)
 (function_signature) (method_signature) (abstract_method_signature) (function_type) (constructor_type)
 (call_signature) (construct_signature)] @scope
[(interface_body) (object_type) (enum_body)] @scope.class

(class_declaration name: (_) @definition.type.outer)
(abstract_class_declaration name: (_) @definition.type.outer)
(interface_declaration name: (_) @definition.type.outer.hoisted)
(type_alias_declaration name: (_) @definition.type.outer.hoisted)
(enum_declaration name: (_) @definition.type)
(internal_module name: (identifier) @definition.variable.hoisted)
(module name: (identifier) @definition.variable.hoisted)
(function_signature name: (_) @definition.function.outer.hoisted)
(method_signature name: (_) @definition.method.outer)
(abstract_method_signature name: (_) @definition.method.outer)
(public_field_definition name: (_) @definition.field)
(property_signature name: (_) @definition.field)
(enum_assignment name: (_) @definition.field)
(enum_body name: (_) @definition.field)
(type_parameter name: (_) @definition.type.hoisted)
(required_parameter value: (_) @uses)
(optional_parameter value: (_) @uses)
(required_parameter type: (_) @uses)
(optional_parameter type: (_) @uses)

(export_statement declaration: [(interface_declaration) (enum_declaration) (abstract_class_declaration)] @declaration.none)
(export_statement declaration: (interface_declaration name: (_) @name body: (_) @body)) @declaration
(export_statement declaration: (enum_declaration name: (_) @name body: (_) @body)) @declaration
(export_statement declaration: (abstract_class_declaration name: (_) @name body: (_) @body)) @declaration
(interface_declaration name: (_) @name body: (_) @body) @declaration
(enum_declaration name: (_) @name body: (_) @body) @declaration
(abstract_class_declaration name: (_) @name body: (_) @body) @declaration
