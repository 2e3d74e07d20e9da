; The annotation of a site is the type behind the colon.

(required_parameter pattern: (_) @name type: (type_annotation (_) @existing)) @site.parameter
(optional_parameter pattern: (_) @name type: (type_annotation (_) @existing)) @site.parameter
(required_parameter pattern: (identifier) @site.parameter !type)
(required_parameter pattern: (rest_pattern (identifier) @site.parameter) !type)
(optional_parameter pattern: (identifier) @name "?" @after !type) @site.parameter

(function_declaration name: (_) @name return_type: (type_annotation (_) @existing)) @site.return
(function_declaration name: (_) @name parameters: (_) @after !return_type) @site.return
(generator_function_declaration name: (_) @name return_type: (type_annotation (_) @existing)) @site.return
(generator_function_declaration name: (_) @name parameters: (_) @after !return_type) @site.return
(function_signature name: (_) @name return_type: (type_annotation (_) @existing)) @site.return
(method_signature name: (_) @name return_type: (type_annotation (_) @existing)) @site.return
(abstract_method_signature name: (_) @name return_type: (type_annotation (_) @existing)) @site.return
(method_definition name: (_) @name return_type: (type_annotation (_) @existing)) @site.return
(method_definition name: (_) @name parameters: (_) @after !return_type (#not-eq? @name "constructor")) @site.return
(variable_declarator name: (identifier) @name value: (arrow_function return_type: (type_annotation (_) @existing)) @site.return)
(variable_declarator name: (identifier) @name value: (arrow_function parameters: (_) @after !return_type) @site.return)
(variable_declarator name: (identifier) @name value: (function_expression return_type: (type_annotation (_) @existing)) @site.return)
(variable_declarator name: (identifier) @name value: (function_expression parameters: (_) @after !return_type) @site.return)
(pair key: (property_identifier) @name value: [
  (arrow_function return_type: (type_annotation (_) @existing)) (function_expression return_type: (type_annotation (_) @existing))] @site.return)
(pair key: (property_identifier) @name value: [(arrow_function parameters: (_) @after !return_type) (function_expression parameters: (_) @after !return_type)] @site.return)
(assignment_expression left: (member_expression property: (property_identifier) @name) right: [
  (arrow_function return_type: (type_annotation (_) @existing)) (function_expression return_type: (type_annotation (_) @existing))] @site.return)
(assignment_expression left: (member_expression property: (property_identifier) @name) right: [
  (arrow_function parameters: (_) @after !return_type) (function_expression parameters: (_) @after !return_type)] @site.return)
(public_field_definition name: (property_identifier) @name value: (arrow_function return_type: (type_annotation (_) @existing)) @site.return)
(public_field_definition name: (property_identifier) @name value: (arrow_function parameters: (_) @after !return_type) @site.return)

(variable_declarator name: (identifier) @name type: (type_annotation (_) @existing)) @site.variable
(variable_declarator name: (identifier) @site.none !type value: [(arrow_function) (function_expression)])
(variable_declarator name: (identifier) @site.variable !type)

(public_field_definition name: (_) @name type: (type_annotation (_) @existing)) @site.field
(public_field_definition name: (_) @site.none !type value: (arrow_function))
(public_field_definition name: (_) @site.field !type)
(property_signature name: (_) @name type: (type_annotation (_) @existing)) @site.field
