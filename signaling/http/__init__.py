"""The HTTP door: a table of routes, one module per domain."""
