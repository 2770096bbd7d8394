"""Lists that people take along: follows, blocks, mutes, lists and bookmarks as CSV."""
