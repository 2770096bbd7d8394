"""Conversations: direct posts between the same people, as an inbox."""
