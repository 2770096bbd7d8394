"""Collections of profiles that people recommend."""
