"""The interface frame: templates, macros, style sheet, catalogues."""
