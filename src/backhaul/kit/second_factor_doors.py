"""What a house gives to its second factors (`Doors`): its accounts, and how somebody is signed in. And who is told of what happens."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from litestar import Request

from backhaul.kit import keys
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.noticeboard import Posted
from backhaul.kit.notices import Notice
from backhaul.kit.second_factor import RECOVERED, Box, SecondFactors
from backhaul.kit.sign_in_brake import SignInBrake

WHAT_CHARACTERS_MAX = 120
TICKET_CHARACTERS_MAX = 60
STEP_PATH = "/sign-in"  # where the cookie of half a sign-in goes, and nowhere else
CODE, SET_UP = "code", "set_up"  # what a sign-in asks for after the password
Req = Request[Any, Any, Any]


class Office(Protocol):
    """What of an office these doors need."""

    @property
    def database(self) -> Database: ...

    @property
    def house(self) -> Any: ...

    @property
    def desk(self) -> Desk[Any]: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def seal(self) -> keys.Seal: ...

    @property
    def chance(self) -> keys.Chance: ...

    @property
    def secure(self) -> bool: ...

    @property
    def sign_ins(self) -> SignInBrake: ...


class Doors(msgspec.Struct, frozen=True):
    """The doors of a house. An account is the house's own: it has `id`, `login`, `role`, `name`, `language`.

    `issuer` stands in the app beside the codes, `session` is the cookie of a session, which `lasts`. `must`: who needs one. `of_id` and `of_login` find an account that may sign in, `caller` is how the access
    log names it, `reader` how the noticeboard does. `sign_in` and `end_sessions` change the sessions. `staff`: who works here, and since when with a second factor. `proven`: whose login and password.
    """

    office: Office
    factors: SecondFactors
    issuer: str
    session: str
    lasts: timedelta
    must: Callable[[Any], bool]
    of_id: Callable[[Tx, int], Any]
    of_login: Callable[[Tx, str], Any]
    caller: Callable[[Any], Any]
    reader: Callable[[Any], str]
    sign_in: Callable[[Tx, Any, str, datetime, str], None]
    end_sessions: Callable[[Tx, int], None]
    staff: Callable[[Tx], list[tuple[Any, datetime | None]]]
    proven: Callable[[Req, str, str], Any]

    @property
    def box(self) -> Box:
        """What seals the secrets."""
        return Box(self.office.seal)

    @property
    def cookie(self) -> str:
        """The cookie of half a sign-in."""
        return f"{self.session}_step"


class Fresh(msgspec.Struct, frozen=True):
    """What a confirmed set-up gives: a new session, and the recovery codes, shown once."""

    token: str
    codes: list[str]


def asks(doors: Doors, tx: Tx, account: Any) -> str:
    """What a sign-in asks for after the right password: `CODE`, `SET_UP`, or nothing."""
    if doors.factors.is_on(tx, account.id):
        return CODE
    return SET_UP if doors.must(account) else ""


def address_of(request: Req) -> str:
    """Where a try comes from."""
    return request.client.host if request.client else ""


def prove(doors: Doors, tx: Tx, account: Any, typed: str, at: datetime) -> None:
    if doors.factors.prove(tx, account.id, typed, at, doors.box):
        state = doors.factors.state(tx, account.id)
        told(doors, tx, account, account, RECOVERED, at, left=0 if state is None else state.codes_left)


def told(doors: Doors, tx: Tx, whose: Any, by: Any, kind: str, at: datetime, **facts: str | int) -> None:
    """The person is told, and the access log keeps who did it."""
    house, at_us = doors.office.house, to_us(at)
    cause = f"factor.{doors.office.chance(9).hex()}"
    notice = Notice(doors.reader(whose), kind, dict(facts))
    house.board.hang(tx, [Posted(notice, cause, at_us, at_us)], house.mailboxes)
    what = " ".join(filter(None, (str(doors.caller(whose)), str(facts.get("ticket", "")))))
    caller = "operator" if by is None else str(doors.caller(by))
    house.journal.log_access(tx, [{"at_us": at_us, "caller": caller, "what": what[:WHAT_CHARACTERS_MAX], "code": kind}])


def errand(doors: Doors, request: Req, account: Any, run: Callable[[Tx, datetime], None]) -> Errand:
    """What is refused here stands in the access log: somebody knows the password and not the code."""
    return Errand(run, doors.caller(account), what=f"{request.method} {request.url.path}"[:WHAT_CHARACTERS_MAX])
