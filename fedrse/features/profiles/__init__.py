"""Who people are at work: each field for those it is meant for."""
