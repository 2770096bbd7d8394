"""What the people in charge tell everybody on this site."""
