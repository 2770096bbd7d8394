"""Likes and emoji reactions."""
