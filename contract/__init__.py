"""What two processes must agree on: ids, messages, errors, tap framing, versions.

Pydantic models only; nothing here does IO or reads a clock. A change to a message changes
docs/protocol.md, the generated TypeScript and the round-trip tests in the same commit.
"""
