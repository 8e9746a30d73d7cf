"""`passline doctor`: what would keep this machine from serving a chain well, and what to do about it."""
