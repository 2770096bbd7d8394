"""The log of administrative acts: append-only, each entry chained to the one before by its hash."""
