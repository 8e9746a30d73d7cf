"""Looking after what is recorded: checksums, and how long it is kept."""
