"""The ActivityPub protocol, without knowledge of the product."""
