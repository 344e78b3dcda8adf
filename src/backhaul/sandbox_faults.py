"""Faults on demand, in a sandbox only: the next requests to some doors are answered as a bad day would answer them.

Everything is counted: the next N, a share by a seeded sequence, for a time of the sandbox's clock. The same wish strikes the same
requests.
"""

import random
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from backhaul.kit.machine import Refused

FAULTS_MAX = 50
STEP = re.compile(r"^([1-9]\d{0,5})([dhms])$")
UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
TIME_MAX = timedelta(days=100)


class Door(StrEnum):
    """Where faults strike. The last two are what leaves the marketplace, to sellers' programs."""

    SELLER_API = "seller_api"
    API_V1 = "api_v1"
    BETWEEN_HOUSES = "between_houses"
    WEBHOOKS = "webhooks"
    PUSHES = "pushes"


class Kind(StrEnum):
    """What happens instead of a good answer, or to a message that leaves."""

    TOO_MANY = "429"
    FAILED = "500"
    AWAY = "503"
    SLOW = "slow"
    CUT = "cut"
    WRONG_BODY = "wrong_body"
    LATE = "late"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"


LEAVING = frozenset({Door.WEBHOOKS, Door.PUSHES})
OF_MESSAGES = frozenset({Kind.LATE, Kind.DUPLICATED, Kind.REORDERED})
ONLY_ANSWERS = frozenset({Kind.WRONG_BODY})


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"lasting": "for"}):
    """A fault to come. At least one of `next`, `share_pct` and `for` bounds it; together they all hold.

    `done`: the house (or the receiver) does what it is asked first, and only its answer is lost. `path`: where the address begins.
    `seconds`: how slow, of real time. `by`: how late a message is, of the sandbox's time.
    """

    door: Door
    fault: Kind
    next: Annotated[int, Meta(ge=0, le=10_000)] = 0
    share_pct: Annotated[int, Meta(ge=0, le=100)] = 0
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    lasting: Annotated[str, Meta(max_length=20)] = ""
    path: Annotated[str, Meta(max_length=200)] = ""
    house: Annotated[str, Meta(max_length=20)] = ""
    done: bool = False
    retry_after: Annotated[int, Meta(ge=1, le=3600)] = 1
    seconds: Annotated[int, Meta(ge=1, le=60)] = 5
    by: Annotated[str, Meta(max_length=20)] = "10m"


class Fault(msgspec.Struct, frozen=True):
    """A fault and what became of it: `met` requests came to its door while it stood, `struck` of them had it. `until` by the sandbox's clock."""

    id: int
    door: Door
    fault: Kind
    next: int
    share_pct: int
    seed: int
    path: str
    house: str
    done: bool
    retry_after: int
    seconds: int
    by: str
    until: datetime | None = None
    is_over: bool = False
    met: int = 0
    struck: int = 0


def step(text: str, field: str) -> timedelta:
    """A duration such as "10m"; `Refused` for anything else."""
    found = STEP.match(text)
    by = timedelta(**{UNITS[found[2]]: int(found[1])}) if found else timedelta()
    if found is None or by > TIME_MAX:
        raise Refused("duration_unreadable", "invalid", field)
    return by


def _fault_of(number: int, wanted: Wanted, now: datetime) -> Fault:
    is_leaving = wanted.door in LEAVING
    if wanted.fault in OF_MESSAGES and not is_leaving:
        raise Refused("fault_of_messages_only", "invalid", "fault")
    if wanted.fault in ONLY_ANSWERS and is_leaving:
        raise Refused("fault_of_answers_only", "invalid", "fault")
    if not (wanted.next or wanted.share_pct or wanted.lasting):
        raise Refused("fault_needs_bound", "invalid", "next")
    if wanted.house not in {"", "marketplace", "partner"}:
        raise Refused("field_invalid", "invalid", "house", problem="not_a_choice")
    step(wanted.by, "by")
    until = now + step(wanted.lasting, "for") if wanted.lasting else None
    told = {name: value for name, value in msgspec.structs.asdict(wanted).items() if name != "lasting"}
    return Fault(number, **told, until=until)


class Faults:
    """Those that stand, in the order in which they were wanted: the first that strikes a request counts."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._kept: dict[int, Fault] = {}
        self._chance: dict[int, random.Random] = {}
        self._number = 0

    def add(self, wanted: Wanted) -> Fault:
        """From now on."""
        with self._lock:
            fault = _fault_of(self._number + 1, wanted, self._now())
            for old in [one.id for one in self._look() if one.is_over][: len(self._kept) + 1 - FAULTS_MAX]:
                self._forget(old)
            if len(self._kept) >= FAULTS_MAX:
                raise Refused("too_many_faults", "conflict", faults_max=FAULTS_MAX)
            self._number = fault.id
            self._kept[fault.id] = fault
            self._chance[fault.id] = random.Random(wanted.seed)  # noqa: S311 -- a sequence that can be had again
            return fault

    def all(self) -> list[Fault]:
        """With their counters."""
        with self._lock:
            return self._look()

    def remove(self, number: int) -> None:
        """One of them; `Refused` as missing."""
        with self._lock:
            if number not in self._kept:
                raise Refused("not_found", "missing")
            self._forget(number)

    def clear(self) -> None:
        """All of them."""
        with self._lock:
            self._kept.clear()
            self._chance.clear()

    def struck(self, door: Door, house: str, path: str) -> Fault | None:
        """The fault that this request has, counted; None: it is answered as always."""
        if not self._kept:
            return None
        with self._lock:
            for it in self._look():
                if it.is_over or it.door is not door or it.house not in {"", house} or not path.startswith(it.path):
                    continue
                strikes = not it.share_pct or self._chance[it.id].random() * 100 < it.share_pct
                found = msgspec.structs.replace(it, met=it.met + 1, struck=it.struck + strikes)
                self._kept[it.id] = found
                if strikes:
                    return found
        return None

    def _look(self) -> list[Fault]:
        now = self._now()
        for it in self._kept.values():
            ended = (it.until is not None and now >= it.until) or bool(it.next and it.struck >= it.next)
            if ended and not it.is_over:
                self._kept[it.id] = msgspec.structs.replace(it, is_over=True)
        return list(self._kept.values())

    def _forget(self, number: int) -> None:
        del self._kept[number], self._chance[number]
