"""One folder per subject of the product; see docs/architecture.md for the order."""
