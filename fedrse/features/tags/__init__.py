"""Tags: who follows which, and which ones people show on their profile."""
