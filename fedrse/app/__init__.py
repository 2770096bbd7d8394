"""The one place that wires everything: build, serve, command line."""
