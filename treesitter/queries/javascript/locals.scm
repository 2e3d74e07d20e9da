; inherits: jsx, ecmascript

(class_declaration name: (_) @definition.type)
(field_definition property: (_) @definition.field)
