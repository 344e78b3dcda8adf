"""Names asked for their addresses within a time: the machine's own resolver has no bound that a caller could set.

Whoever it keeps waiting longer is left behind in a thread of its own, and only so many are.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

Resolve = Callable[[str, int], Sequence[str]]

AT_ONCE_MAX = 256

_places = threading.BoundedSemaphore(AT_ONCE_MAX)


def resolved(host: str, port: int) -> list[str]:
    """Every address of a name, by the machine's own resolver."""
    return [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def looked_up(resolve: Resolve, host: str, port: int, until: float) -> Sequence[str]:
    """Every address of a name; `TimeoutError` at `until` of the machine's own running clock."""
    if not _places.acquire(timeout=max(until - time.monotonic(), 0)):
        raise TimeoutError
    found: Future[Sequence[str]] = Future()

    def look() -> None:
        try:
            found.set_result(resolve(host, port))
        except BaseException as error:  # noqa: BLE001 -- it is raised where somebody waits for it
            found.set_exception(error)
        finally:
            _places.release()

    threading.Thread(target=look, name="lookup", daemon=True).start()
    return found.result(max(until - time.monotonic(), 0))
