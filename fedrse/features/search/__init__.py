"""Search for people, posts and tags."""
