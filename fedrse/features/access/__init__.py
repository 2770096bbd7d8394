"""Log-in, sessions, OAuth apps and tokens."""
