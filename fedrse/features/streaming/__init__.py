"""Live streams: what apps show without asking again."""
