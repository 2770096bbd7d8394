"""Ground without I/O: ids, clock, errors, paging, HTML, Markdown, language, settings types."""
