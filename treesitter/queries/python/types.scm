; Python. The syntax is described in query.go, the captures in actions.go.

; Parameters, but not the first one of a method: it needs no annotation.
(class_definition body: (block (decorated_definition (decorator (identifier) @receiver) definition: (function_definition
  parameters: (parameters . (identifier) @site.parameter)))) (#eq? @receiver "staticmethod"))
(class_definition body: (block (function_definition parameters: (parameters . (identifier) @site.none))))
(class_definition body: (block (decorated_definition definition: (function_definition
  parameters: (parameters . (identifier) @site.none)))))
(parameters (identifier) @site.parameter)
(parameters (default_parameter name: (identifier) @site.parameter))
(parameters (list_splat_pattern (identifier) @site.parameter))
(parameters (dictionary_splat_pattern (identifier) @site.parameter))
(typed_parameter . (identifier) @name type: (_) @existing) @site.parameter
(typed_parameter . [(list_splat_pattern) (dictionary_splat_pattern)] @name type: (_) @existing) @site.parameter
(typed_default_parameter name: (_) @name type: (_) @existing) @site.parameter

(function_definition name: (_) @name return_type: (_) @existing) @site.return
(function_definition name: (_) @name parameters: (_) @after !return_type) @site.return

; Fields and variables. A chained or second assignment takes no annotation.
(class_definition body: (block (expression_statement (assignment left: (identifier) @name type: (_) @existing) @site.field)))
(assignment left: (attribute attribute: (_) @name) type: (_) @existing) @site.field
(assignment left: (_) @name type: (_) @existing) @site.variable
(assignment right: (assignment) @site.none)
(assignment right: (assignment)) @site.none
(class_definition body: (block (expression_statement (assignment left: (identifier) @site.field !type))))
(expression_statement (assignment left: (identifier) @site.variable !type))
(expression_statement (assignment left: (attribute object: (identifier) @receiver attribute: (identifier) @site.field) !type)
  (#eq? @receiver "self"))
