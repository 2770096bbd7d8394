"""Posts for everybody, sent by mail to people without an account (Mastodon 4.6)."""
