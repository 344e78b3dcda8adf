"""API v1 of second checks: what waits, a blind finding, a verdict, and how far inspectors agree."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.machine import Refused
from backhaul.partner import access, second_check_errands, second_check_queries
from backhaul.partner.doors import Req, check_photos
from backhaul.partner.office import Office
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.second_checks import WEEK, SecondCheck, SecondStatus, Verdict, Week, is_tightened, week_of
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import IdempotencyKey

Speaks = Callable[[Office, Req], Any]


class Waiting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A second check as its reader may see it: an inspector reads no marks here."""

    parcel_id: int
    status: SecondStatus
    week: datetime
    inspector: str = ""
    second: str = ""
    first_mark: str = ""
    second_mark: str = ""


class Review(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verdict on a difference, with a reason: `first_stands` or `revised`."""

    verdict: Verdict
    comment: Annotated[str, Meta(max_length=2000)]


class InspectorView(msgspec.Struct, frozen=True):
    """An inspector, and the newest weeks."""

    inspector: str
    tightened: bool
    weeks: tuple[Week, ...]


class Result(msgspec.Struct, frozen=True):
    """Where a second check stands now. What the first mark was is not told to the one who checked."""

    parcel_id: int
    status: str


async def find(office: Office, parcel_id: int, found: do.Mark, caller: access.Caller, by: By, *, key: str = "") -> None:
    """Record a blind finding; with a key, once."""
    await check_photos(office, found, by)
    desk, photo_key, policy = office.desk, office.house.photo_key, office.house.terms.policy

    def run(tx: Tx, at: datetime) -> None:
        second_check_errands.record(tx, desk, parcel_id, found, by, photo_key, policy, at)

    what = f"second check {parcel_id}"
    await office.desk.perform(Errand(run, caller, key, fingerprint((what, found)) if key else b"", what))


async def judge(office: Office, parcel_id: int, said: Review, caller: access.Caller, by: By, *, key: str = "") -> None:
    """Record a supervisor's verdict; with a key, once."""
    desk, policy = office.desk, office.house.terms.policy

    def run(tx: Tx, at: datetime) -> None:
        second_check_errands.decide(tx, desk, parcel_id, said.verdict, said.comment, by, policy, at)

    what = f"review {parcel_id}"
    await office.desk.perform(Errand(run, caller, key, fingerprint((what, said)) if key else b"", what))


def waiting(tx: Tx, by: By, status: SecondStatus, after: int = 0) -> list[SecondCheck]:
    """What waits for this person: an inspector checks others' marks only."""
    found = second_check_queries.in_status(tx, status, after)
    return [one for one in found if by.role is Role.SUPERVISOR or one.inspector != by.id]


def inspectors(office: Office, tx: Tx) -> list[InspectorView]:
    """All inspectors of the last weeks: agreement, failed weeks, who is on the tightened list."""
    policy = office.house.terms.policy
    since = week_of(office.clock.now()) - policy.second_check_weeks * WEEK
    weeks: dict[str, list[Week]] = {}
    for week in second_check_queries.weeks(tx, since):
        weeks.setdefault(week.inspector, []).append(week)
    return [InspectorView(name, is_tightened(them, policy), tuple(them)) for name, them in sorted(weeks.items())]


def routes(office: Office, speaker: Speaks) -> list[Any]:
    """The operations; `speaker` tells who calls."""

    @get("/second-checks", summary="Second checks that wait: for inspectors those to do, for supervisors those to review",
         tags=["second checks"])  # fmt: skip
    @http.in_thread
    def listed(request: Req, status: FromQuery[SecondStatus | None] = None, after: FromQuery[int] = 0) -> list[Waiting]:
        by = _staff(speaker(office, request).by, Role.INSPECTOR, Role.SUPERVISOR)
        reviews = by.role is Role.SUPERVISOR
        wanted = (status or SecondStatus.DIFFERS) if reviews else SecondStatus.ORDERED
        with office.look(by) as tx:
            found = waiting(tx, by, wanted, after)
        return [_view(one) if reviews else Waiting(one.parcel_id, one.status, one.week) for one in found]

    @post("/second-checks/{parcel_id:int}/check", status_code=200, summary="What a second person found, without having seen the mark",
          tags=["second checks"])  # fmt: skip
    async def checked(
        request: Req, parcel_id: FromPath[int], data: JSONBody[do.Mark], key: IdempotencyKey = None
    ) -> Result:
        who = await to_thread.run_sync(speaker, office, request)
        await find(office, parcel_id, data, who.caller, _staff(who.by, Role.INSPECTOR), key=key or "")
        return Result(parcel_id, "checked")

    @post("/second-checks/{parcel_id:int}/review", status_code=200, summary="A supervisor's verdict on a difference",
          tags=["second checks"])  # fmt: skip
    async def reviewed(
        request: Req, parcel_id: FromPath[int], data: JSONBody[Review], key: IdempotencyKey = None
    ) -> Result:
        who = await to_thread.run_sync(speaker, office, request)
        await judge(office, parcel_id, data, who.caller, _staff(who.by, Role.SUPERVISOR), key=key or "")
        return Result(parcel_id, data.verdict)

    @get("/inspectors", summary="How far the inspectors' marks and the second checks agree, week by week",
         tags=["second checks"])  # fmt: skip
    @http.in_thread
    def agreement(request: Req) -> list[InspectorView]:
        by = speaker(office, request).by
        _staff(by, Role.SUPERVISOR)
        with office.look(by) as tx:
            return inspectors(office, tx)

    return [listed, checked, reviewed, agreement]


def _staff(by: By, *roles: Role) -> By:
    if by.role not in roles:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by


def _view(one: SecondCheck) -> Waiting:
    first, second = one.first or "", one.found.mark if one.found else ""
    return Waiting(one.parcel_id, one.status, one.week, one.inspector, one.second, first, second)
