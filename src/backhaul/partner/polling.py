"""Asking platforms by the sellers' keys, as the safety net under the signed messages: bounded, page by page, patient.

Sellers are asked for side by side, so that a slow platform keeps no other one waiting.

What a key shows is only looked at (D17). A unit of our marketplace that no message has announced is asked for with the partner's
own credential, and comes by the ordinary message.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import httpx2
import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.kit.rounds import PROBE_MAX
from backhaul.partner import contract, platform_errands, platform_queries, reconciling
from backhaul.partner.contract import Account, Row, Unusable
from backhaul.partner.office import Office
from backhaul.partner.platform_queries import OURS, Poll
from backhaul.partner.platforms import Busy, ask, is_away, pages, platform_of
from backhaul.partner.rules.wire_states import is_open, may_come

SELLERS_OF_PLATFORM = 5
AT_ONCE_MAX = 8
SECONDS_PER_ROUND = 30.0  # after which no seller's next page is asked for: the next round goes on
PAGES_PER_ROUND = 10
LOOKS_PER_ROUND = 20
WALK_SECONDS_MAX = 20  # of a server that answers slowly: then others have their turn
ZONES = timedelta(days=1)  # a server may count days by a clock of its own
WAIT_FIRST = timedelta(minutes=1)
WAIT_MAX = timedelta(hours=1)
SILENCE = frozenset({429, 503})
OF_THE_RETURN = frozenset({200, 400, 404})  # of this return nothing more is to be had, until it moves


class _Stopped(msgspec.Struct, frozen=True):
    """Why a walk stopped at a fault, and how long to be silent."""

    fault: str
    wait: timedelta


def poll_due(office: Office) -> int:
    """Ask for the sellers whose time has come; how many were asked for to the end."""
    with office.database.read() as tx:
        due = platform_queries.due_polls(tx, to_us(office.clock.now()), SELLERS_OF_PLATFORM)
    until = time.monotonic() + SECONDS_PER_ROUND
    if len(due) < 2:
        return sum(_poll(office, poll, until) for poll in due)
    with ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="polls") as side_by_side:
        return sum(side_by_side.map(lambda poll: _poll(office, poll, until), due))


def _poll(office: Office, poll: Poll, until: float) -> int:
    every = timedelta(minutes=office.house.terms.policy.poll_minutes)
    with office.database.read() as tx:
        sealed = platform_queries.sealed_key(tx, poll.platform, poll.seller_id)
    if sealed is None:  # authorization lost: asked again when it is linked anew
        _postpone(office, poll, _Stopped("authorization_lost", every))
        return 0
    try:
        account = platform_of(office, poll.platform).account(poll.seller_id, office.seal.open(sealed))
    except Refused as refused:
        _postpone(office, poll, _Stopped(refused.code, every))
        return 0
    if is_away(office, account):
        _postpone(office, poll, _Stopped("platform_away", min(_longer(poll.faults), PROBE_MAX)))
        return 0
    started_us = poll.started_us or to_us(office.clock.now())
    walk = msgspec.structs.replace(poll, started_us=started_us)
    if not _walk(office, walk, account, until):
        return 0
    if poll.platform != OURS:
        _look_closer(office, poll, account, until)
    return 1


def _walk(office: Office, walk: Poll, account: Account, until: float) -> bool:
    """Page by page, remembered after each; whether it came to its end."""
    policy = office.house.terms.policy
    every = timedelta(minutes=policy.poll_minutes)
    asked = pages(office, account, walk.after_id, _since(office, walk, policy.poll_days))
    until = min(until, time.monotonic() + WALK_SECONDS_MAX)
    try:
        for _, page in zip(range(PAGES_PER_ROUND), asked, strict=False):
            alive = [row for row in page.rows if is_open(row.group_state, row.state)]
            _ask_for_unknown(office, walk, alive)
            _see(office, walk, alive, page.after, every)
            if page.after is None:
                return True
            walk = msgspec.structs.replace(walk, after_id=page.after)
            if time.monotonic() > until:
                break
    except Busy as busy:
        stopped = _Stopped(str(busy.status), max(busy.wait or _longer(walk.faults), timedelta(seconds=1)))
    except Refused as refused:
        stopped = _Stopped(refused.code, every)
    except (httpx2.HTTPError, Unusable) as error:
        stopped = _Stopped(f"{type(error).__name__} {error}", _longer(walk.faults))
    else:
        return False  # the next round goes on
    _postpone(office, walk, stopped)
    return False


def _since(office: Office, walk: Poll, days: int) -> datetime | None:
    """The day of creation from which returns are asked for: so many days back, and never later than a return that was seen alive.

    What was not among the pages is forgotten, so an old one must be among them. None: from the first one, while it is not
    known how old they are, or not all of them were seen yet.
    """
    with office.database.read() as tx:
        is_known, oldest_us = platform_queries.all_seen_since(tx, walk.platform, walk.seller_id)
    if not is_known or walk.polled_us is None:
        return None
    bound = office.clock.now() - timedelta(days=days)
    return bound if oldest_us is None else min(bound, from_us(oldest_us) - ZONES)


def _see(office: Office, walk: Poll, alive: list[Row], after: int | None, every: timedelta) -> None:
    """Keep a page, and where the next one begins; `Refused` when nobody is linked to the seller any more."""

    def run(tx: Tx, at: datetime) -> None:
        if platform_queries.poll_of(tx, walk.platform, walk.seller_id) is None:
            raise Refused("not_found", "missing")
        platform_errands.see(tx, walk.platform, walk.seller_id, alive, at)
        if after is None:
            platform_errands.finish_walk(tx, walk, to_us(at + every), at)
        else:
            platform_errands.note_poll(tx, walk, next_us=to_us(at), started_us=walk.started_us, after_id=after,
                                       polled_us=walk.polled_us)  # fmt: skip

    office.desk.perform_now(Errand(run))


def _ask_for_unknown(office: Office, walk: Poll, alive: list[Row]) -> None:
    """Ask for the units of our marketplace that are new or moved, may be coming, and that nobody announced.

    Before the page is kept: while the marketplace is away (`Refused`) they stay new, and are asked for at the next try.
    """
    if walk.platform != OURS:
        return
    coming = {row.return_id: (row.group_state, row.state) for row in alive if may_come(row.group_state)}
    with office.database.read() as tx:
        known = platform_queries.states_known(tx, walk.platform, walk.seller_id, list(coming))
        moved = [one for one, state in coming.items() if known.get(one) != state]
        here = platform_queries.parcels_among(tx, moved)
    if reconciling.compare(office, [one for one in moved if one not in here]) is None:
        raise Refused("platform_away", "away")


def _look_closer(office: Office, poll: Poll, account: Account, until: float) -> None:
    """The reason and the number under which a return travels stand only in a single look. The rest waits for the next round."""
    with office.database.read() as tx:
        ids = platform_queries.to_read(tx, poll.platform, poll.seller_id, LOOKS_PER_ROUND)
    for return_id in ids:
        if time.monotonic() > until:
            return
        try:
            answer = ask(office, account, contract.GET, {"return_id": return_id})
            goes_on = answer.status not in SILENCE and not contract.fault(answer)
            found = contract.detail(answer) if goes_on else None
        except (httpx2.HTTPError, Refused):
            found, goes_on = None, False
        except Unusable:
            found, goes_on = contract.Detail() if answer.status in OF_THE_RETURN else None, True
        if found is None:
            office.desk.perform_now(Errand(partial(_note_try, poll, return_id)))
            if not goes_on:  # the server or the key, whichever return: the next round begins with another one
                return
            continue
        office.desk.perform_now(Errand(partial(_note_detail, poll, return_id, found)))


def _note_detail(poll: Poll, return_id: int, found: contract.Detail, tx: Tx, at: datetime) -> None:
    platform_errands.note_detail(tx, poll.platform, poll.seller_id, return_id, found, at)


def _note_try(poll: Poll, return_id: int, tx: Tx, at: datetime) -> None:
    platform_errands.note_try(tx, poll.platform, poll.seller_id, return_id, at)


def _postpone(office: Office, walk: Poll, stopped: _Stopped) -> None:
    def run(tx: Tx, at: datetime) -> None:
        platform_errands.note_poll(
            tx, walk, next_us=to_us(at + stopped.wait), started_us=walk.started_us, after_id=walk.after_id,
            polled_us=walk.polled_us, faults=walk.faults + 1, fault=stopped.fault,
        )  # fmt: skip

    office.desk.perform_now(Errand(run))


def _longer(faults: int) -> timedelta:
    """1 minute, 2, 4 ... up to an hour."""
    doublings: int = min(faults, 10)
    return min(WAIT_FIRST * (1 << doublings), WAIT_MAX)
