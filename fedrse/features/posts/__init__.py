"""Posts: writing, reading, editing, deleting, boosting, threads."""
