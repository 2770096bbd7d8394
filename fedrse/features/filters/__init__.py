"""Filters: words and posts that a person does not want to meet unprepared."""
