"""Posts in another language, by an engine of the operator's own network."""
