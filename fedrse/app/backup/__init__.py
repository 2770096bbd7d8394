"""Backups: one tar file with the database, the media and, sealed, the secrets of a site."""
