"""The demo: an example group of three sites, each a process of its own, that federate for real."""
