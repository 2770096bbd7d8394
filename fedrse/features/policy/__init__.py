"""The policy of this site: what crosses its border, who said so and why."""
