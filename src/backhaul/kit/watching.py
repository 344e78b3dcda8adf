"""What a house's own parts say of their work while they do it: by default nobody listens, and it costs next to nothing.

`kit/observing.py` listens, with metrics and traces. No word about people, their goods or their money is said here.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

NO_HEADERS: Mapping[str, str] = {}


class Watch:
    """The ear of a house. Each of these may be called from any thread, and none may raise."""

    def handed_in(self, work: Any) -> None:
        """Somebody put work on the desk, in their own thread or task."""

    def turn(self, work: Any) -> None:
        """The desk begins to decide about this work."""

    def traceparent(self) -> str:
        """What the letters of the work in hand carry, so that one trace shows both houses (W3C); empty: no trace."""
        return ""

    def committed(self, seconds: float) -> None:
        """A transaction of the desk was committed, and how long that took."""

    def batch(self, works: Sequence[Any], results: Sequence[Any], seconds: float) -> None:
        """A batch is done, and its commit too."""

    def round(self, name: str, seconds: float, *, failed: bool) -> None:
        """A worker has gone round once."""

    def sending(self, body: bytes) -> AbstractContextManager[Mapping[str, str]]:  # noqa: ARG002 -- for who listens
        """While a letter is on its way; gives the headers that it takes along."""
        return nullcontext(NO_HEADERS)

    def received(self, headers: Mapping[str, str], traceparent: str, topic: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """While a letter whose signature is right is dealt with. `traceparent` is the one that it says itself."""
        return nullcontext()


NOBODY = Watch()
