"""fedrse: a self-hosted, federated enterprise social network."""

__version__ = "0.1.0"
