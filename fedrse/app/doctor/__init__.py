"""``fedrse doctor``: looks at a site from inside and outside and says what to do."""
