"""Measurements that anybody can repeat: one module each, `run()` gives the figures."""

NAMES = ("sfu", "call", "record")
"""What `passline bench NAME` knows; each is a module here."""
