; inherits: jsx, ecmascript

(class_declaration name: (identifier) @definition)
(class name: (identifier) @definition)
(field_definition property: (_) @definition)
(formal_parameters (identifier) @parameter)
(formal_parameters (assignment_pattern left: (identifier) @parameter))
(formal_parameters (rest_pattern (identifier) @parameter))
