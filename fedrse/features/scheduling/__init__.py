"""Posts that people wrote to be published later."""
