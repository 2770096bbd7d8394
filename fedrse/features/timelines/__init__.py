"""Home, public and tag timelines."""
