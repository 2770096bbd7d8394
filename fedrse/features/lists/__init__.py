"""Lists: timelines of some of the people one follows."""
