"""Notifications and markers."""
