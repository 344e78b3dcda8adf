"""Wrong passwords and codes are counted: for a login, whether there is such an account or not, and for an address. In memory, of each process."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil

from backhaul.kit import keys
from backhaul.kit.clock import Clock
from backhaul.kit.machine import Refused

FAILS_OF_LOGIN_MAX, LOGIN_SPAN = 10, timedelta(minutes=15)
FAILS_OF_ADDRESS_MAX, ADDRESS_SPAN = 100, timedelta(hours=1)
REMEMBERED_MAX = 20_000


class SignInBrake:
    """After ten wrong passwords or codes in a quarter of an hour a login rests, also for the right one; after a hundred in an hour an address.

    What is refused then is refused before the password is looked at, so it tells nothing about it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._fails: dict[bytes, list[datetime]] = {}

    @contextmanager
    def trying(self, login: str, address: str) -> Iterator[Callable[..., None]]:
        """Around one look at a password or code: `Refused` when it rests. Call what is given when it fitted.

        Each try counts as wrong until it has fitted, so that a thousand at once are no more than ten. With `halfway=True` a code is
        asked for next: this try was right, but wrong ones before it go on counting, else the password would buy ten codes more.
        """
        at = self._clock.now()
        of_login, of_address = keys.digest(f"login {login.strip().lower()}"), keys.digest(f"address {whose(address)}")
        spans = ((of_login, FAILS_OF_LOGIN_MAX, LOGIN_SPAN), (of_address, FAILS_OF_ADDRESS_MAX, ADDRESS_SPAN))
        with self._lock:
            known = {}
            for name, most, span in spans:
                known[name] = [one for one in self._fails.get(name, ()) if timedelta(0) <= at - one < span]
                if len(known[name]) >= most:
                    wait = known[name][-most] + span - at
                    raise Refused("too_many_sign_ins", "too_many", minutes=ceil(wait / timedelta(minutes=1)))
            for name, fails in known.items():  # both take it: who is refused costs no room
                self._fails[name] = [*fails, at]
            self._forget(at)

        def fitted(*, halfway: bool = False) -> None:
            with self._lock:
                if not halfway:
                    self._fails.pop(of_login, None)
                for fails in (self._fails.get(name, []) for name in (of_login, of_address)):
                    if at in fails:
                        fails.remove(at)

        yield fitted

    def _forget(self, at: datetime) -> None:
        """Bounded, whatever is tried: those that rest no more first, then whoever failed longest ago."""
        if len(self._fails) <= REMEMBERED_MAX:
            return
        kept = {name: fails for name, fails in self._fails.items() if fails and at - fails[-1] < ADDRESS_SPAN}
        latest = sorted(kept, key=lambda name: (len(kept[name]), kept[name][-1]))[-REMEMBERED_MAX // 2 :]
        self._fails = {name: kept[name] for name in latest}


def whose(address: str) -> str:
    """What one of a provider's customers has: an address of IPv4, 64 bits of IPv6, in which everybody has 2^64 addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found) >> 64 << 64, 64)))
