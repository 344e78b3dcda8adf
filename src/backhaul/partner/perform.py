"""The one way in: what the partner tells its desk, and the start of a parcel, which is no command to one."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from backhaul import wire
from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.desk import Change, Desk
from backhaul.kit.journal import GENESIS, Letter
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused, cases_of
from backhaul.kit.noticeboard import Mailboxes
from backhaul.kit.notices import Notice
from backhaul.partner import (
    access,
    breaker_store,
    draw_queries,
    inspection_store,
    invoice_store,
    loads,
    seen_photo_store,
    store,
    tables,
    telling,
)
from backhaul.partner import notices as told
from backhaul.partner.rules import chart
from backhaul.partner.rules import events as e
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.breaker import BREAKER, BreakerTurn, Turn
from backhaul.partner.rules.calendar import comes_to_destruction, timers
from backhaul.partner.rules.decisions import decide
from backhaul.partner.rules.decisions import expect as expect_by_law
from backhaul.partner.rules.parcels import Parcel, born, evolve
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.tariff import Tariff
from backhaul.partner.rules.words import DisposalStatus, Role, Status, Variant

FIRST_PARCEL_NUMBER = 100_001
TERMS_REFRESH = timedelta(milliseconds=250)  # so long another process may decide by what held before
THE_MARKETPLACE = "marketplace"

_encode = msgspec.json.Encoder().encode


class Partner:
    """The partner as its desk sees it. `terms` are those in force, read again every few seconds and when the next ones begin.

    `seal` opens the keys of the draw and makes the codes for photos; without one nothing is drawn, so all is checked.
    """

    journal = tables.journal
    board = tables.board

    def __init__(self, seal: keys.Seal | None = None) -> None:
        self.seal = seal
        self.photo_key = "" if seal is None else seal.derive("photo codes")
        self.terms = Terms()
        self._terms_read_at: datetime | None = None
        self._at: datetime | None = None
        self._next_terms_us: int | None = None
        self._epoch_keys: dict[int, bytes] = {}

    def admit(self, tx: Tx, callers: Sequence[Any], at: datetime) -> dict[Any, Any]:
        """Who each caller is."""
        self.refresh_terms(tx, at)
        return {None: None, **access.admit(tx, [c for c in callers if c is not None], at)}

    def may_write(self, caller: Any) -> bool:
        """A read-only key gets a connection that cannot write."""
        if isinstance(caller, access.KeyCaller):
            return not keys.says_read_only(caller.key)
        return not isinstance(caller, access.Known) or caller.by.writes

    def load(self, tx: Tx, case_ids: list[int], *, lock: bool) -> dict[int, tuple[Parcel, bytes]]:
        """The parcels and their chain heads."""
        return store.load(tx, case_ids, lock=lock)

    def surroundings(self, tx: Tx, cases: Iterable[Parcel]) -> Callable[[Parcel], Around]:
        """Links, addresses, codes, rules; whether the breaker holds this unit's destruction, each counted in its order."""
        them = list(cases)
        plain, at, policy = self._with_drawings(tx, them), self._at, self.terms.policy
        if at is None:
            return plain
        coming = [it.id for it in them if comes_to_destruction(it, at, policy)]
        released = {it.id for it in them if it.disposal.status is DisposalStatus.INSTRUCTED}
        if not coming and not released:
            return plain
        breaker = breaker_store.reading(tx, at, policy)
        stopped = {parcel_id for nth, parcel_id in enumerate(coming, 1) if breaker.stops(nth, at, policy)}
        stopped |= released if breaker.is_open else set()
        return lambda it: replace(plain(it), breaker_open=True) if it.id in stopped else plain(it)

    def _with_drawings(self, tx: Tx, them: list[Parcel]) -> Callable[[Parcel], Around]:
        """What stands around every unit; for one that has not arrived, what its draw depends on."""
        around = loads.around(tx, them, self.photo_key)
        coming = [it for it in them if it.status is Status.EXPECTED] if self.seal is not None else []
        drawings = draw_queries.drawings(tx, coming, self._opened, self.terms.policy)
        return lambda it: replace(around(it), drawing=drawings[it.id]) if it.id in drawings else around(it)

    def _opened(self, epoch: draw_queries.Epoch) -> bytes:
        if self.seal is None:
            raise LookupError(epoch.number)
        if epoch.number not in self._epoch_keys:
            self._epoch_keys = {epoch.number: bytes.fromhex(self.seal.open(epoch.sealed_key)), **self._epoch_keys}
        return self._epoch_keys[epoch.number]

    def decide(self, it: Parcel, command: Any, by: By, at: datetime, around: Around) -> list[Any]:
        """The law."""
        return decide(it, command, by, at, self.terms, around)

    def evolve(self, it: Parcel, event: Any) -> Parcel:
        """The fold."""
        return evolve(it, event)

    def version(self, it: Parcel) -> int:
        """The number of events so far."""
        return it.version

    def entries(self, it: Parcel, event: Any) -> list[Entry]:
        """What an event charges."""
        return chart.entries(it, event)

    def letters(self, it: Parcel, event: Any, by: By, at: datetime) -> list[Letter]:
        """The marketplace hears of arrivals, results, decisions, hand-overs and destruction."""
        found = said(it, event, by)
        if found is None:
            return []
        topic, data = found
        body = _encode(wire.Message(topic, at.isoformat(), msgspec.Raw(_encode(data))))
        return [Letter(THE_MARKETPLACE, topic, body)]

    def notices(self, it: Parcel, event: Any, by: By, at: datetime) -> list[Notice]:  # noqa: ARG002 -- the desk's form
        """The seller hears of arrivals, deadlines, results and ends (R103)."""
        return told.notices(it, event, at)

    def mailboxes(self, tx: Tx, readers: list[str]) -> Mailboxes:
        """The people of the companies that are linked to these sellers."""
        return access.mailboxes(tx, readers)

    def save(self, tx: Tx, changes: list[Change[Parcel]]) -> None:
        """Insert or update the rows, and write down what is charged; companies' programs are told."""
        store.save(tx, changes, self.terms.policy)
        seen_photo_store.follow(tx, changes)
        happened = [(event, mark.recorded_us) for change in changes for _, (event, *_), mark in change.events]
        released = [recorded_us for event, recorded_us in happened if isinstance(event, e.DisposalInstructed)]
        if released:
            breaker_store.count(tx, len(released), released[0])
        invoice_store.save_charges(tx, changes)
        inspection_store.follow(tx, changes, self.terms.policy)
        telling.write(tx, changes)
        if any(isinstance(event, e.DisposalPostponed) and event.because == BREAKER for event, _ in happened):
            self._trip(tx)

    def _trip(self, tx: Tx) -> None:
        """The first unit that waits trips the breaker; whatever comes after finds it open."""
        if self._at is None:
            return
        breaker = breaker_store.reading(tx, self._at, self.terms.policy)
        if not breaker.is_open:
            breaker_store.turn(tx, BreakerTurn(Turn.TRIPPED, self._at, count=breaker.this_hour))

    def due(self, tx: Tx, at: datetime, limit: int) -> list[int]:
        """Parcels whose next deadline has passed."""
        self.refresh_terms(tx, at)
        return [row[0] for row in tx.rows(store.DUE, now_us=to_us(at), most=limit)]

    def overdue(self, tx: Tx, at: datetime, limit: int) -> int:
        """The same in a look: how many, at most `limit`."""
        self.refresh_terms(tx, at)
        return len(tx.rows(store.OVERDUE, now_us=to_us(at), most=limit))

    def timers(self, it: Parcel) -> list[tuple[datetime, Any]]:
        """What the calendar will do."""
        return timers(it, self.terms.policy)

    def calendar(self) -> By:
        """The clock as a giver of commands."""
        return By(Role.CALENDAR, "calendar")

    def signature(self, by: By) -> tuple[str, str]:
        """As the events record it."""
        return by.role, by.id

    def refresh_terms(self, tx: Tx, at: datetime) -> None:
        """Read the policy and the tariff in force at `at`."""
        self._at = at
        fresh = self._terms_read_at is not None and abs(at - self._terms_read_at) < TERMS_REFRESH
        if fresh and (self._next_terms_us is None or to_us(at) < self._next_terms_us):
            return
        found = {kind: (version, doc) for kind, version, doc in tx.rows(store.TERMS, now_us=to_us(at))}
        terms = self.terms
        if "policy" in found:
            version, doc = found["policy"]
            policy = msgspec.json.decode(doc, type=Policy)
            terms = msgspec.structs.replace(terms, policy=policy, policy_version=version)
        if "tariff" in found:
            tariff = msgspec.json.decode(found["tariff"][1], type=Tariff)
            terms = msgspec.structs.replace(terms, tariff=tariff)
        self.terms = terms
        self._terms_read_at = at
        coming = tx.one(store.NEXT_TERMS, now_us=to_us(at))
        self._next_terms_us = coming[0] if coming else None

    def read_terms_again(self, tx: Tx, at: datetime) -> None:
        """A version was published: everybody in this process reads it from now on."""
        self._terms_read_at = None
        self.refresh_terms(tx, at)


def said(it: Parcel, event: e.Any, by: By) -> tuple[str, object] | None:
    """What an event tells the marketplace. A disposal that begins is told when it is done."""
    return _said(it, event, by) if type(event) in _SAID else None


def _said(it: Parcel, event: e.Any, by: By) -> tuple[str, object] | None:  # noqa: PLR0911 -- one case an event
    match event:
        case e.Arrived(warehouse, _, at, decide_by, weight_gram, packaging_intact):
            arrival = wire.Arrival(it.id, warehouse, to_us(at), to_us(decide_by), weight_gram, packaging_intact)
            return wire.ARRIVED, arrival
        case e.Marked(mark, revision, defect):
            return wire.MARKED, wire.Marking(it.id, mark, revision, defect, event.photos, it.packaging_intact)
        case e.Decided() | e.DeadlineMoved() | e.DeadlineMissed() | e.KeepingExpired() | e.Reopened():
            by_whom = event.by_whom if isinstance(event, e.Decided) else by.role
            decide_by_us = 0 if it.decide_by is None else to_us(it.decide_by)
            return wire.DECIDED, wire.Decision(it.id, it.decision, it.status, by_whom, decide_by_us)
        case e.LabelPrinted() | e.Delivered() | e.HandedOver():
            country = "" if it.destination is None else it.destination.country
            return wire.HANDED_OVER, wire.Handover(it.id, it.status, country)
        case e.ClaimReviewed(status, _, payer, comment):
            return wire.CLAIM_REVIEWED, wire.ClaimReview(it.id, status, comment, payer or "")
        case e.Destroyed(certificate):
            return wire.DISPOSED, wire.Disposal(it.id, certificate, event.undecided)
        case _:
            return None


_SAID = cases_of(_said, e.Event.__subclasses__())  # the others need not look through the cases


def expect(
    tx: Tx, desk: Desk[Parcel], announced: wire.ExpectedParcel, by: By, at: datetime, request_id: str = ""
) -> Parcel:
    """Start a parcel for a unit that the marketplace announces. Announced again, it is the one that is there."""
    house = desk.house
    if not isinstance(house, Partner):
        raise TypeError(house)
    house.refresh_terms(tx, at)
    if by.role is not Role.MARKETPLACE:
        raise Refused("not_your_role", "forbidden", act="Expect", role=by.role)
    known = store.load(tx, [announced.return_id], lock=True).get(announced.return_id)
    if known is not None:
        return known[0]
    number = f"P-{store.take_number(tx, 'parcel', FIRST_PARCEL_NUMBER)}"
    event = e.Expected(number, unit_of(announced))
    happened = [(one, by, at) for one in expect_by_law(event, by)]
    case = born(announced.return_id, event)
    change = desk.change(None, announced.return_id, GENESIS, happened, at, request_id, born=case)
    desk.write(tx, [change])
    return change.after


def unit_of(announced: wire.ExpectedParcel) -> e.Unit:
    """The announcement in the partner's own words."""
    if announced.variant not in list(Variant):
        raise Refused("unknown_variant", "invalid", "variant", known=[variant.value for variant in Variant])
    said = msgspec.structs.asdict(announced)
    for name in ("return_id", "accepted_at_us", "eta_us"):
        del said[name]
    return e.Unit(**{
        **said,
        "variant": Variant(announced.variant),
        "accepted_at": from_us(announced.accepted_at_us),
        "eta": from_us(announced.eta_us),
    })  # fmt: skip
