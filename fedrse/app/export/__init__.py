"""``fedrse export``: everything of one account in an archive that other software can read."""
