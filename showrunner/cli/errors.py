"""What ends a command early: one sentence on stderr, and the exit code.

0 fine · 1 the API said no, or the session failed · 2 wrong usage or settings · 130 Ctrl-C
"""


class CommandError(Exception):
    """`str()` is one sentence that says what is wrong and what to do; never a secret."""

    exit_code = 1


class Refused(CommandError):
    """The API, or AWS, did not do it."""


class Misuse(CommandError):
    """The command line or a setting is wrong: nothing was asked of anybody."""

    exit_code = 2
