"""Numbers about the site and how it is used."""
