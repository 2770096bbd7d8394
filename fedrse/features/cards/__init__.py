"""Previews of web pages that posts link to."""
