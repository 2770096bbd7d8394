"""The directory of people who want to be found, and suggestions whom to follow."""
