"""Publish and subscribe for live updates; messages may be lost, state never is."""
