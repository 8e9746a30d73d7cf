"""Measurements that anybody can repeat: one module each, `run()` gives the figures."""
