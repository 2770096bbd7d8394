"""The peers: other servers this site knows."""
