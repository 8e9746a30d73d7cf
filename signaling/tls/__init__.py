"""HTTPS of our own: a local authority, the certificates it issues, or one from elsewhere."""
