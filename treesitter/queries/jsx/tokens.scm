; Elements. Their names are types: a tag is no value that another could replace.

(jsx_opening_element name: (identifier) @type)
(jsx_closing_element name: (identifier) @type)
(jsx_self_closing_element name: (identifier) @type)
(jsx_attribute (property_identifier) @attribute)
(jsx_attribute "=" @punctuation)
[(jsx_text) (html_character_reference)] @literal.string
