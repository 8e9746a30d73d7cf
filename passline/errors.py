"""What a command says when it cannot do what it was asked."""


class CommandError(Exception):
    """A command was not carried out; the message says why and what to do. Nothing was changed."""
