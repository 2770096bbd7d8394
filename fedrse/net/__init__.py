"""The only way out: guarded HTTP client, address checks, limits, per-host state."""
