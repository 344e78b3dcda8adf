"""What a signed-in person changes of a second factor, by password and code: recovery codes, off, and another's by who administers access."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread

from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor import OFF, RENEWED, RESET, made_codes
from backhaul.kit.second_factor_doors import TICKET_CHARACTERS_MAX, Doors, Req, address_of, errand, prove, told


class Lost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose second factor the operator takes away, and why."""

    login: str
    ticket: str


async def renew(doors: Doors, request: Req, account: Any, password: str, typed: str) -> list[str]:
    """Other recovery codes, by password and code."""
    made = made_codes(doors.office.chance)

    def run(tx: Tx, at: datetime) -> None:
        doors.factors.renew(tx, account.id, [doors.box.digest(account.id, code) for code in made])
        told(doors, tx, account, account, RENEWED, at)

    await _of_ones_own(doors, request, account, password, typed, run)
    return made


async def turn_off(doors: Doors, request: Req, account: Any, password: str, typed: str) -> None:
    """Without a second factor from now on, by password and code."""

    def run(tx: Tx, at: datetime) -> None:
        doors.factors.turn_off(tx, account.id)
        told(doors, tx, account, account, OFF, at)

    await _of_ones_own(doors, request, account, password, typed, run)


async def reset(doors: Doors, request: Req, account: Any, login: str, ticket: str, password: str, typed: str) -> None:
    """Another's second factor is taken away, for who lost telephone and recovery codes: by one's own password, and code if one has it."""

    def run(tx: Tx, at: datetime) -> None:
        take_away(doors, tx, login, ticket, account, at)

    await _proven(doors, request, account, password, typed, run)


def take_away(doors: Doors, tx: Tx, login: str, ticket: str, by: Any, at: datetime) -> None:
    """The same without asking who does it: for the operator at the command line (`by` None), too."""
    ticket, other = ticket.strip(), doors.of_login(tx, login)
    if not ticket or len(ticket) > TICKET_CHARACTERS_MAX or not ticket.isprintable():
        raise Refused("reset_ticket_length", "invalid", "ticket", characters_max=TICKET_CHARACTERS_MAX)
    if other is None:
        raise Refused("no_such_login", "invalid", "login")
    if by is not None and other.id == by.id:
        raise Refused("second_factor_own", "conflict")
    doors.factors.turn_off(tx, other.id)
    doors.factors.end_steps(tx, other.id)
    doors.end_sessions(tx, other.id)
    told(doors, tx, other, by, RESET, at, ticket=ticket)


async def _of_ones_own(doors: Doors, request: Req, account: Any, password: str, typed: str,
                       run: Callable[[Tx, datetime], None]) -> None:  # fmt: skip
    def is_on() -> bool:
        with doors.office.database.read() as tx:
            return doors.factors.is_on(tx, account.id)

    if not await to_thread.run_sync(is_on):
        raise Refused("second_factor_is_off", "conflict")
    await _proven(doors, request, account, password, typed, run)


async def _proven(doors: Doors, request: Req, account: Any, password: str, typed: str,
                  run: Callable[[Tx, datetime], None]) -> None:  # fmt: skip
    """A change by who gives the own password, and a code where the account has a second factor."""
    if await to_thread.run_sync(doors.proven, request, account.login, password) is None:
        raise Refused("password_wrong", "invalid", "current")

    with counted(doors, request, account) as check:

        def both(tx: Tx, at: datetime) -> None:
            check(tx, typed, at)
            run(tx, at)

        await doors.office.desk.perform(errand(doors, request, account, both))


@contextmanager
def counted(doors: Doors, request: Req, account: Any) -> Iterator[Callable[[Tx, str, datetime], None]]:
    """Around a change that takes a code where the account has a second factor: what is given uses it up. Wrong ones count like wrong passwords."""
    right = threading.Event()

    def check(tx: Tx, typed: str, at: datetime) -> None:
        right.clear()  # it may be tried again
        if doors.factors.is_on(tx, account.id):
            prove(doors, tx, account, typed, at)
        right.set()

    with doors.office.sign_ins.trying(account.login, address_of(request)) as fitted:
        try:
            yield check
        except Refused:
            if right.is_set():  # it is refused for something else
                fitted()
            raise
        fitted()
