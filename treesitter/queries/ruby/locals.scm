; Ruby. The syntax is described in query.go, the captures in actions.go.

; Methods are plain blocks: they see the methods and the variables of the class around them, which stand in any order.
[(method) (singleton_method)] @scope
[(class) (module) (singleton_class)] @scope.class
(lambda body: [(block) (do_block)] @scope.none)
[(block) (do_block) (lambda)] @scope

(class name: (constant) @definition.type.outer.hoisted)
(class name: (scope_resolution name: (constant) @definition.type.outer.hoisted))
(module name: (constant) @definition.type.outer.hoisted)
(module name: (scope_resolution name: (constant) @definition.type.outer.hoisted))
(method name: (identifier) @definition.function.outer.hoisted)
(method name: (constant) @definition.function.outer.hoisted)
(singleton_method name: (identifier) @definition.function.outer.hoisted)
; What a class declares by symbols are methods as well.
(call !receiver method: (identifier) @name (#eq? @name "attr_reader") arguments: (argument_list (simple_symbol) @definition.function.hoisted))
(call !receiver method: (identifier) @name (#eq? @name "attr_accessor") arguments: (argument_list (simple_symbol) @definition.function.hoisted))
(call !receiver method: (identifier) @name (#eq? @name "attr_writer") arguments: (argument_list (simple_symbol) @definition.function.hoisted))

[(method_parameters) (block_parameters) (lambda_parameters)] @definition.parameter.hoisted
(optional_parameter value: (_) @uses)
(keyword_parameter value: (_) @uses)

; Assignments define the names on their left; those of an object or a class are known in all of it.
(assignment left: [(instance_variable) (class_variable)] @definition.variable.class.hoisted)
(operator_assignment left: [(instance_variable) (class_variable)] @definition.variable.class.hoisted)
(left_assignment_list [(instance_variable) (class_variable)] @definition.variable.class.hoisted)
(assignment left: (constant) @definition.variable.hoisted)
(left_assignment_list (constant) @definition.variable.hoisted)
(assignment left: [(identifier) (left_assignment_list)] @definition.variable) @after
(operator_assignment left: (identifier) @definition.variable) @after
(for pattern: (_) @definition.variable value: (_) @after)
(exception_variable) @definition.variable
(as_pattern name: (identifier) @definition.variable)
(keyword_pattern !value key: (hash_key_symbol) @definition.variable)
(array_pattern (identifier) @definition.variable)
(array_pattern (splat_parameter name: (identifier) @definition.variable))
[(call) (element_reference)] @uses

; Imports.
(call !receiver method: (identifier) @name (#eq? @name "require")) @import
(call !receiver method: (identifier) @name (#eq? @name "require_relative")) @import

; Calls.
(call method: (_) @name arguments: (argument_list) @arguments) @call
(argument_list [(pair) (splat_argument) (hash_splat_argument) (block_argument)] @argument)
(argument_list (comment) @argument.none)

; Declarations.
[(method name: (_) @name body: (_) @body) (singleton_method name: (_) @name body: (_) @body)
 (class name: (_) @name body: (_) @body) (module name: (_) @name body: (_) @body)] @declaration
