"""The two steps of a sign-in: half a sign-in after the right password, a session after the code; and the first code of all."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from anyio import to_thread
from litestar.datastructures import Cookie

from backhaul.kit import http, keys, totp
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor import ON, STEP_LASTS, made_codes
from backhaul.kit.second_factor_doors import CODE, STEP_PATH, Doors, Fresh, Req, address_of, asks, errand, prove, told


async def begin(doors: Doors, request: Req, account: Any) -> tuple[str, list[Cookie]]:
    """After the right password: what is asked for next, with half a sign-in for a few minutes; or nothing, and the session.

    It is asked in the transaction that writes: a second factor that is switched on meanwhile ends all sessions, and this would come after.
    """
    token, former = keys.session_token(doors.office.chance), request.cookies.get(doors.session, "")

    def run(tx: Tx, at: datetime) -> bytes:
        doors.factors.hold(tx, account.id)
        asked = asks(doors, tx, account)
        if asked:
            doors.factors.begin_step(tx, account.id, token, at)
        else:
            doors.sign_in(tx, account, token, at, former)
        return asked.encode()

    asked = (await doors.office.desk.perform(Errand(run))).body.decode()
    if asked:
        return asked, [_step_cookie(doors, token, int(STEP_LASTS.total_seconds()))]
    return asked, [http.session_cookie(doors.session, token, doors.lasts, secure=doors.office.secure)]


def let_in(doors: Doors, token: str) -> list[Cookie]:
    """The cookie of a session that begins, instead of that of half a sign-in."""
    return [http.session_cookie(doors.session, token, doors.lasts, secure=doors.office.secure), over(doors)]


def over(doors: Doors) -> Cookie:
    """What takes the cookie of half a sign-in away."""
    return _step_cookie(doors, "", 0)


def _step_cookie(doors: Doors, token: str, seconds: int) -> Cookie:
    return Cookie(key=doors.cookie, value=token, max_age=seconds, httponly=True, samesite="strict",
                  secure=doors.office.secure, path=STEP_PATH)  # fmt: skip


def halfway(doors: Doors, request: Req) -> tuple[Any, str]:
    """Whose half sign-in this is, and what it asks for; None when it is over. For handlers that run in a thread."""
    token = request.cookies.get(doors.cookie, "")
    with doors.office.database.read() as tx:
        account_id = doors.factors.whose_step(tx, token, doors.office.clock.now()) if token else None
        account = None if account_id is None else doors.of_id(tx, account_id)
        return (None, "") if account is None else (account, asks(doors, tx, account))


async def finish(doors: Doors, request: Req, account: Any, typed: str) -> str:
    """The code after the password: the token of the session that begins."""
    step, former = request.cookies.get(doors.cookie, ""), request.cookies.get(doors.session, "")

    def check(tx: Tx, at: datetime) -> None:
        doors.factors.end_step(tx, step, account.id, at)

    return await sign_in_with(doors, request, account, typed, former, check)


async def sign_in_with(doors: Doors, request: Req, account: Any, typed: str, former: str = "",
                       check: Callable[[Tx, datetime], None] = lambda _tx, _at: None) -> str:  # fmt: skip
    """A code of whoever has just given the password, and the session: both or neither. Wrong codes count like wrong passwords."""
    token, looked_at = keys.session_token(doors.office.chance), threading.Event()

    def run(tx: Tx, at: datetime) -> None:
        looked_at.clear()  # it may be tried again
        check(tx, at)
        looked_at.set()
        prove(doors, tx, account, typed, at)
        doors.sign_in(tx, account, token, at, former)

    with doors.office.sign_ins.trying(account.login, address_of(request)) as fitted:
        try:
            await doors.office.desk.perform(errand(doors, request, account, run))
        except Refused:
            if not looked_at.is_set():
                fitted(halfway=True)
            raise
        fitted()
    return token


async def sign_in_at_once(doors: Doors, request: Req, login: str, password: str, typed: str) -> tuple[Any, str]:
    """Both steps in one request, for programs: who signed in, and the token of the session."""
    account = await to_thread.run_sync(doors.proven, request, login, password)
    if account is None:
        raise Refused("sign_in_failed", "unknown")

    def asked() -> str:
        with doors.office.database.read() as tx:
            return asks(doors, tx, account)

    what = await to_thread.run_sync(asked)
    if what == CODE and typed:
        return account, await sign_in_with(doors, request, account, typed)
    _refuse(what)
    token = keys.session_token(doors.office.chance)

    def run(tx: Tx, at: datetime) -> None:
        doors.factors.hold(tx, account.id)
        _refuse(asks(doors, tx, account))  # it may be on since
        doors.sign_in(tx, account, token, at, "")

    await doors.office.desk.perform(errand(doors, request, account, run))
    return account, token


def _refuse(asked: str) -> None:
    if asked:
        raise Refused("code_needed", "unknown", "code") if asked == CODE else Refused("set_up_needed", "forbidden")


async def finish_set_up(doors: Doors, request: Req, account: Any, carried: str, typed: str, *, halfway: bool) -> Fresh:
    """The first code of a new second factor. All sessions end, and a fresh one begins: what was stolen before opens nothing."""
    made = Fresh(keys.session_token(doors.office.chance), made_codes(doors.office.chance))
    step_token = request.cookies.get(doors.cookie, "")

    def run(tx: Tx, at: datetime) -> None:
        secret = doors.box.pended(account.id, carried, at)
        step = totp.fitting_step(secret, "".join(typed.split()), at)
        if step is None:
            raise Refused("code_wrong", "invalid", "code")
        if halfway:
            doors.factors.end_step(tx, step_token, account.id, at)
        digests = [doors.box.digest(account.id, code) for code in made.codes]
        doors.factors.turn_on(tx, account.id, doors.box.close(account.id, secret), step, digests, at)
        doors.end_sessions(tx, account.id)
        doors.sign_in(tx, account, made.token, at, "")
        told(doors, tx, account, account, ON, at)

    await doors.office.desk.perform(errand(doors, request, account, run))
    return made
