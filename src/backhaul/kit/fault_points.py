"""Named places at which a process may die or a disk may fail. Tests stand there and make it happen; in production nobody does.

A name says what was done last: `commit.before` is the last moment at which nothing is written, `commit.after` the first at
which everything is and nobody has been told.
"""

from collections.abc import Callable


def nobody(name: str) -> None:
    """Goes on."""


_stands: Callable[[str], None] = nobody


def reached(name: str) -> None:
    """The work of this process has come to a place."""
    _stands(name)


def put(somebody: Callable[[str], None] = nobody) -> None:
    """From now on this is called at every place; without anything nobody is any more."""
    global _stands  # noqa: PLW0603 -- one process, one who watches
    _stands = somebody
