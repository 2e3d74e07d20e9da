; Go. The syntax is described in query.go, the captures in actions.go. Only
; variables can do without a type.

(method_declaration receiver: (parameter_list (parameter_declaration) @site.none))
(parameter_declaration name: (_) @name type: (_) @existing) @site.parameter
(variadic_parameter_declaration name: (_) @name type: (_) @existing) @site.parameter
(function_declaration name: (_) @name result: (_) @existing) @site.return
(method_declaration name: (_) @name result: (_) @existing) @site.return
(var_spec . name: (_) @name type: (_) @existing) @site.variable
(var_spec . name: (_) @name value: (expression_list . (_)) !type) @site.variable
(field_declaration . name: (_) @name type: (_) @existing) @site.field
