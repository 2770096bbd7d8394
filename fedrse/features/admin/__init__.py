"""Running the site: people with a right see accounts and reports, in the API and the console."""
