"""The durable queue in the database."""
