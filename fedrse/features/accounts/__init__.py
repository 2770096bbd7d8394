"""People and other actors, of this site and of others, and their keys."""
