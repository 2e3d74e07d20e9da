; PHP. A type stands before what it annotates, but for that of a result.

(simple_parameter type: (_) @existing name: (_) @name) @site.parameter
(variadic_parameter type: (_) @existing name: (_) @name) @site.parameter
(property_promotion_parameter type: (_) @existing name: (_) @name) @site.parameter
(property_declaration type: (_) @existing (property_element . (_) @name)) @site.field
(method_declaration name: (_) @name return_type: (_) @existing) @site.return
(function_definition name: (_) @name return_type: (_) @existing) @site.return
(function_definition name: (_) @name parameters: (_) @after !return_type) @site.return
(method_declaration name: (_) @name (#eq? @name "__construct")) @site.none
(method_declaration name: (_) @name parameters: (_) @after !return_type) @site.return
