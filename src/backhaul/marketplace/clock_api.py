"""API v1 of why: the clocks of a return, and an explanation of where it stands, who acts next, and what its amounts are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromPath

from backhaul.kit import http, i18n
from backhaul.kit.days import MOSCOW, days_left, last_moment
from backhaul.kit.machine import Refused
from backhaul.marketplace import clock_texts, queries, texts
from backhaul.marketplace.act_views import ClosedAct, OpenAct, closed_views, open_views
from backhaul.marketplace.doors import Req, bearer, block_of, invalid
from backhaul.marketplace.money_api import ExplanationView, explanations_of
from backhaul.marketplace.office import Office
from backhaul.marketplace.policy_texts import POLICY_LABELS
from backhaul.marketplace.queries import Happening
from backhaul.marketplace.rules.clocks import Clock, CountedBy, Run, clocks, seen_by, waits_for
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

# Whose comments are meant for customers, too.
SAID_TO_ALL = frozenset({"PhotosAsked", "Rejected", "DisputeDecided"})


class Counted(msgspec.Struct, frozen=True):
    """How a bound is reckoned: a stable code, the zone, and both as a sentence."""

    by: CountedBy
    zone: str
    detail: str


class Number(msgspec.Struct, frozen=True):
    """A number of the policy that rules a clock, as it is in force now."""

    name: str
    value: Any
    title: str


class ClockView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deadline. Allowed while now < `due_at`; `until` is the last moment, as people read it.

    `state`: running, met or passed. `does`: the command that the calendar gives when it passes. `ended_by`: the event.
    """

    code: str
    title: str
    state: str
    started_at: datetime
    due_at: datetime
    until: datetime
    waits_for: str
    waits_for_title: str
    when_it_passes: str
    counted: Counted
    policy: tuple[Number, ...]
    days_left: int | None = None
    does: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""


class Because(msgspec.Struct, frozen=True, omit_defaults=True):
    """The event that brought a return to where it stands, who caused it, and the clock that had passed, if one had."""

    event: str
    title: str
    role: str
    at: datetime
    detail: str
    clock: str = ""
    comment: str = ""


class WhyView(msgspec.Struct, frozen=True):
    """Why a return stands where it stands: what brought it there, who acts next and by when, what follows, its amounts."""

    return_id: int
    number: str
    version: int
    status: str
    title: str
    since: datetime
    because: Because
    waits_for: str
    waits_for_title: str
    next: tuple[ClockView, ...]
    available_actions: tuple[OpenAct, ...]
    not_available: tuple[ClosedAct, ...]
    amounts: tuple[ExplanationView, ...]


def routes(office: Office) -> Router:
    """The part of API v1 that says why."""

    @get("/returns/{return_id:int}/clocks", summary="Every deadline of a return, those that are over too",
         description="In the order in which they began. The policy's numbers are those in force now.")  # fmt: skip
    @http.in_thread
    def of_return(request: Req, return_id: FromPath[int]) -> list[ClockView]:
        by, language = bearer(office, request), http.language_of(request)
        with office.look(by) as tx:
            it = _one(queries.one(tx, return_id), by)
            history = queries.history(tx, return_id)
        runs = _runs(it, history, by, office.house.terms.policy)
        return [_clock(run, office.clock.now(), office.house.terms.policy, language) for run in runs]

    @get("/returns/{return_id:int}/explain", summary="Why a return stands where it stands, and what comes next")
    @http.in_thread
    def why(request: Req, return_id: FromPath[int]) -> WhyView:
        by, language, at = bearer(office, request), http.language_of(request), office.clock.now()
        with office.look(by) as tx:
            it = _one(queries.one(tx, return_id), by)
            history = queries.history(tx, return_id)
            block = block_of(tx, by, at)
        terms = office.house.terms
        runs = _runs(it, history, by, terms.policy)
        because, since = _because(history, runs, by.role, language)
        whom = waits_for(it, terms.policy)
        return WhyView(
            it.id, it.number, it.version, it.status, i18n.gettext(language, texts.STATUS_LABELS[it.status]), since,
            because, whom, i18n.gettext(language, clock_texts.WHOSE[whom]) if whom else "",
            tuple(_clock(run, at, terms.policy, language) for run in runs if run.state(at) == "running"),
            open_views(it, by, at, terms, language, block), closed_views(it, by, at, terms, language, block),
            () if by.role is Role.CLERK else tuple(explanations_of(it, by, [one.event for one in history], terms, language)),
        )  # fmt: skip

    return Router(
        "/api/v1", route_handlers=[of_return, why], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["returns"],
    )  # fmt: skip


def _one(it: Return | None, by: By) -> Return:
    if it is None or not concerns(it, by):
        raise Refused("not_found", "missing")
    return it


def _runs(it: Return, history: Sequence[Happening], by: By, policy: Policy) -> list[Run]:
    codes = seen_by(by.role)
    found = clocks(it.id, ((one.event, one.at, one.role) for one in history), policy)
    return [run for run in found if codes is None or run.clock.code in codes]


def _clock(run: Run, now: datetime, policy: Policy, language: str) -> ClockView:
    clock, state = run.clock, run.state(now)
    return ClockView(
        code=clock.code, title=i18n.gettext(language, clock_texts.TITLES[clock.code]), state=state,
        started_at=run.started_at, due_at=clock.due_at, until=_until(clock), waits_for=clock.whose,
        waits_for_title=i18n.gettext(language, clock_texts.WHOSE[clock.whose]),
        when_it_passes=i18n.gettext(language, clock_texts.PASSES[clock.code]), counted=_counted(clock, policy, language),
        policy=tuple(
            Number(name, getattr(policy, name), i18n.gettext(language, POLICY_LABELS[name])) for name in clock.numbers
        ),
        days_left=days_left(clock.due_at, now) if state == "running" else None,
        does="" if clock.does is None else clock.does.__name__, ended_at=run.ended_at, ended_by=run.ended_by,
    )  # fmt: skip


def _until(clock: Clock) -> datetime:
    """Of a bound the last moment that counts; of an hour the hour."""
    return clock.due_at if clock.counted_by is CountedBy.AT_HOUR else last_moment(clock.due_at)


def _counted(clock: Clock, policy: Policy, language: str) -> Counted:
    number = getattr(policy, clock.numbers[0])
    detail = i18n.sentence(language, clock_texts.COUNTED[clock.counted_by], {"number": number})
    return Counted(clock.counted_by, MOSCOW.key, detail)


def _because(history: Sequence[Happening], runs: Sequence[Run], role: Role, language: str) -> tuple[Because, datetime]:
    """The last event that this reader is told of, but no reminder; since when it is so. Customers read what was written to them."""
    hidden = texts.NOT_FOR_CUSTOMERS if role is Role.CUSTOMER else frozenset[str]()
    last = next((one for one in reversed(history) if one.kind != "Reminded" and one.kind not in hidden), history[-1])
    what = i18n.gettext(language, texts.EVENT_LABELS[last.kind])
    passed = next(
        (run for run in runs if run.by_calendar and (run.ended_at, run.ended_by) == (last.at, last.kind)), None
    )
    if passed is not None:
        clock = i18n.gettext(language, clock_texts.TITLES[passed.clock.code])
        facts = {"what": what, "clock": clock, "until": i18n.moment(_until(passed.clock), language)}
        detail = i18n.sentence(language, clock_texts.RAN_OUT, facts)
    else:
        who = i18n.gettext(language, texts.ROLE_LABELS[last.role])
        facts = {"what": what, "who": who, "at": i18n.moment(last.at, language)}
        detail = i18n.sentence(language, clock_texts.IN_TIME, facts)
    told = role not in (Role.CUSTOMER, Role.CLERK) or last.kind in SAID_TO_ALL
    comment = str(getattr(last.event, "comment", "") or "") if told else ""
    code = passed.clock.code if passed is not None else ""
    return Because(last.kind, what, last.role, last.at, detail, code, comment), last.at
