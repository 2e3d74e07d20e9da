; Ruby. The syntax is described in query.go, the captures in actions.go.

(comment) @comment
(uninterpreted) @comment

; A string is one token, unless expressions stand in it.
[(string (interpolation)) (delimited_symbol (interpolation)) (regex (interpolation)) (subshell (interpolation))
 (bare_string (interpolation)) (bare_symbol (interpolation)) (heredoc_body (interpolation))] @descend
[(string) (delimited_symbol) (regex) (subshell) (bare_string) (bare_symbol) (heredoc_body)] @literal.string
(string "\"" @literal.string)
(delimited_symbol [":\"" "\""] @literal.string)
(regex "/" @literal.string)
(subshell "`" @literal.string)
[(string_content) (escape_sequence) (heredoc_beginning) (heredoc_content) (heredoc_end)] @literal.string
[(simple_symbol) (character)] @literal.string
[(integer) (float) (rational) (complex)] @literal.number
[(true) (false)] @literal.boolean
(nil) @literal.null
[(self) (super)] @keyword

; Declarations.
(class name: (constant) @definition)
(class name: (scope_resolution name: (constant) @definition))
(module name: (constant) @definition)
(module name: (scope_resolution name: (constant) @definition))
(superclass (constant) @type)
(superclass (scope_resolution name: (constant) @type))
(method name: (_) @definition)
(singleton_method name: (_) @definition)
(alias name: (identifier) @definition)
(method_parameters (identifier) @parameter)
(lambda_parameters (identifier) @parameter)
(block_parameters (identifier) @parameter)
(destructured_parameter (identifier) @parameter)
(optional_parameter name: (identifier) @parameter)
(keyword_parameter name: (identifier) @parameter)
(method_parameters (splat_parameter name: (identifier) @parameter))
(block_parameters (splat_parameter name: (identifier) @parameter))
(lambda_parameters (splat_parameter name: (identifier) @parameter))
(hash_splat_parameter name: (identifier) @parameter)
(block_parameter name: (identifier) @parameter)
(exception_variable (identifier) @parameter)

; Uses. What is asked of a receiver without arguments is an attribute, though it is a call.
(call receiver: (_) @receiver !arguments !block method: [(identifier) (constant)] @attribute)
(call receiver: (_) @receiver method: [(identifier) (constant)] @call)
(call method: [(identifier) (constant)] @call)
(scope_resolution scope: (_) @receiver name: (_) @attribute)
(argument_list (pair key: (hash_key_symbol) @parameter.use))
(keyword_pattern !value key: (hash_key_symbol) @variable)
(hash_key_symbol) @attribute
[(instance_variable) (class_variable) (global_variable) (identifier) (constant)] @variable

; Operators.
(binary operator: ["==" "!=" "===" "<" "<=" ">" ">=" "<=>" "=~" "!~"] @operator.comparison)
(binary operator: ["&&" "||" "and" "or"] @operator.logical)
(binary operator: _ @operator.binary)
(range operator: _ @operator.binary)
(unary operator: _ @operator.unary)
(assignment "=" @operator.assignment)
(operator_assignment operator: _ @operator.assignment)
