"""API v1 of time: every deadline of a parcel that runs, and why it stands where it stands."""

from datetime import datetime

import msgspec
from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromPath

from backhaul.kit import http, i18n
from backhaul.kit.days import days_left
from backhaul.partner import clock_texts, policy_texts, queries, texts
from backhaul.partner.actions import running_clocks
from backhaul.partner.doors import Req
from backhaul.partner.office import Office
from backhaul.partner.pages.parcels import shown, why
from backhaul.partner.rules.clocks import Clock
from backhaul.partner.rules.explaining import Step, standing, steps
from backhaul.partner.rules.policy import Policy
from backhaul.partner.speakers import invalid, speaker


class RuleOfClock(msgspec.Struct, frozen=True):
    """A number of the policy that made a deadline: the field, its value in force now, and what it says."""

    field: str
    value: int | tuple[int, ...]
    title: str


class Deadline(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deadline. `due_at` is the first instant that is too late; `days_left` are calendar days in Moscow, 0 on the last one.

    `then`: what happens when it passes, as a code; `late`: it has passed, and nothing happened by itself.
    """

    name: str
    title: str
    due_at: datetime
    days_left: int
    then: str
    then_text: str
    rules: tuple[RuleOfClock, ...]
    started_at: datetime | None = None
    late: bool = False


class Clocks(msgspec.Struct, frozen=True):
    """The deadlines of a parcel that run now, soonest first, by a version of the policy."""

    parcel_id: int
    policy_version: str
    clocks: tuple[Deadline, ...]


class Why(msgspec.Struct, frozen=True):
    """The steps that led to the dates of a parcel, in the caller's language, in the order in which they happened.

    `codes`: the same as stable codes; `now` and `now_code`: where it stands and whose turn it is.
    """

    steps: tuple[str, ...]
    codes: tuple[str, ...]
    now: str
    now_code: str


def routes(office: Office) -> Router:
    """These doors."""

    @get(
        "/parcels/{parcel_id:int}/clocks",
        summary="Every deadline of a parcel that runs: since when, until when, what then",
    )
    @http.in_thread
    def running(request: Req, parcel_id: FromPath[int]) -> Clocks:
        by, language, at = speaker(office, request).by, http.language_of(request), office.clock.now()
        terms = office.house.terms
        with office.look(by) as tx:
            it, around = shown(tx, parcel_id, by)
        found = running_clocks(it, around, by, at, terms.policy)
        return Clocks(it.id, terms.policy_version, tuple(_view(one, at, terms.policy, language) for one in found))

    @get(
        "/parcels/{parcel_id:int}/explain",
        summary="Why a parcel stands where it stands, and its dates are what they are",
    )
    @http.in_thread
    def explain(request: Req, parcel_id: FromPath[int]) -> Why:
        by, language = speaker(office, request).by, http.language_of(request)
        with office.look(by) as tx:
            it, _ = shown(tx, parcel_id, by)
            happened = queries.history(tx, parcel_id)
        now = standing(it)
        codes = tuple(step.code for step in steps(happening.event for happening in happened))
        return Why(tuple(why(happened, language)), codes, _sentence(now, language), now.code)

    return Router("/api/v1", route_handlers=[running, explain], before_request=http.strict_body,
                  exception_handlers={ValidationException: invalid}, tags=["time"])  # fmt: skip


def _view(one: Clock, at: datetime, policy: Policy, language: str) -> Deadline:
    rules = tuple(
        RuleOfClock(name, getattr(policy, name), i18n.gettext(language, policy_texts.POLICY_LABELS[name]))
        for name in one.rules
    )
    title = i18n.gettext(language, clock_texts.CLOCKS[one.name])
    then = i18n.sentence(language, clock_texts.THEN[one.then], {})
    return Deadline(one.name, title, one.due, days_left(one.due, at), one.then, then, rules, one.started, at >= one.due)


def _sentence(now: Step, language: str) -> str:
    facts = {
        name: i18n.gettext(language, texts.DECISION_LABELS[value]) if name == "decision" else value
        for name, value in now.facts.items()
    }
    return i18n.sentence(language, clock_texts.NOW[now.code], facts)
