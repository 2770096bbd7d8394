"""This site itself: its actor, its NodeInfo and instance information."""
