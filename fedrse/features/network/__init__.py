"""Membership of the group of sites."""
