"""The server frame: middleware, authentication, sessions, binding, errors."""
