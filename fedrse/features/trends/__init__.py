"""What the network talks about now."""
