; Rust. The syntax is described in query.go, the captures in actions.go.

; A function's body shares its parameters' scope. Functions are plain blocks:
; items are visible before their place, variables are not.
[(function_item) (function_signature_item) (closure_expression) (impl_item) (trait_item) (struct_item) (enum_item) (union_item)
 (type_item)] @scope
(function_item body: (block) @scope.none)
(closure_expression body: (block) @scope.none)
(for_expression body: (block) @scope.none)
[(block) (match_arm) (for_expression) (if_expression) (while_expression)] @scope
(mod_item body: (declaration_list) @scope)
(impl_item body: (declaration_list) @scope.class)
(trait_item body: (declaration_list) @scope.class)
[(field_declaration_list) (enum_variant_list)] @scope.class

; Items.
(impl_item body: (declaration_list (function_item name: (_) @definition.method.outer)))
(trait_item body: (declaration_list (function_item name: (_) @definition.method.outer)))
(function_item name: (_) @definition.function.outer.hoisted)
(foreign_mod_item body: (declaration_list (function_signature_item name: (_) @definition.function.outer.hoisted)))
(function_signature_item name: (_) @definition.method.outer)
(struct_item name: (_) @definition.type.outer.hoisted)
(enum_item name: (_) @definition.type.outer.hoisted)
(union_item name: (_) @definition.type.outer.hoisted)
(trait_item name: (_) @definition.type.outer.hoisted)
(type_item name: (_) @definition.type.outer.hoisted)
(associated_type name: (_) @definition.type.hoisted)
(impl_item body: (declaration_list (const_item name: (_) @definition.field)))
(trait_item body: (declaration_list (const_item name: (_) @definition.field)))
(const_item name: (_) @definition.variable.hoisted)
(static_item name: (_) @definition.variable.hoisted)
(mod_item name: (_) @definition.variable.hoisted)
(macro_definition name: (_) @definition.function.hoisted)
(enum_variant name: (_) @definition.field)
(field_declaration name: (_) @definition.field)
(type_parameters (type_identifier) @definition.type.hoisted)
(constrained_type_parameter left: (_) @definition.type.hoisted)
(optional_type_parameter name: (_) @definition.type.hoisted)
(const_parameter name: (_) @definition.variable.hoisted)

; Patterns define the names in them, but paths and constants are uses.
(parameter pattern: (_) @definition.parameter.hoisted)
(parameter type: (_) @uses)
(closure_parameters (_) @definition.parameter.hoisted)
(let_declaration pattern: (_) @definition.variable) @after
(let_condition pattern: (_) @definition.variable value: (_) @after)
(for_expression pattern: (_) @definition.variable value: (_) @after)
(match_pattern condition: (_) @uses)
(match_pattern (identifier) @uses @name (#eq? @name "None"))
(match_pattern (_) @definition.variable)
(tuple_struct_pattern type: (_) @uses)
(struct_pattern type: (_) @uses)
(field_pattern name: (field_identifier) @uses)
[(scoped_identifier) (range_pattern) (macro_invocation)] @uses

(use_declaration argument: (identifier) @definition.import.hoisted)
(use_declaration argument: (scoped_identifier name: (_) @definition.import.hoisted))
(use_list (identifier) @definition.import.hoisted)
(use_list (scoped_identifier name: (_) @definition.import.hoisted))
(use_as_clause alias: (_) @definition.import.hoisted)
(scoped_use_list path: (identifier) @definition.import.hoisted list: (use_list (self)))
(scoped_use_list path: (scoped_identifier name: (_) @definition.import.hoisted) list: (use_list (self)))
(extern_crate_declaration alias: (_) @definition.import.hoisted)
(extern_crate_declaration !alias name: (_) @definition.import.hoisted)
[(use_declaration) (extern_crate_declaration)] @import

(call_expression function: (_) @name arguments: (arguments) @arguments) @call
(arguments [(line_comment) (block_comment) (attribute_item)] @argument.none)

[(function_item name: (_) @name body: (_) @body) (struct_item name: (_) @name body: (_) @body)
 (enum_item name: (_) @name body: (_) @body) (union_item name: (_) @name body: (_) @body)
 (trait_item name: (_) @name body: (_) @body) (impl_item type: (_) @name body: (_) @body)
 (mod_item name: (_) @name body: (_) @body)] @declaration
(macro_definition name: (_) @name) @declaration
