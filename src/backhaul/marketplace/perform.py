"""The one way in: what the marketplace tells its desk, and the changes that are not commands to an existing return."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from backhaul import wire
from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.kit.days import end_of_day, to_us
from backhaul.kit.desk import Change, Desk
from backhaul.kit.journal import GENESIS, Letter
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.kit.noticeboard import Mailboxes
from backhaul.kit.notices import Notice
from backhaul.marketplace import (
    access,
    announcing,
    block_queries,
    block_store,
    mailboxes,
    payout_queries,
    payout_store,
    person_store,
    push_store,
    rate_store,
    seen_photo_store,
    store,
    tables,
    telling,
    term_queries,
)
from backhaul.marketplace import notices as told
from backhaul.marketplace.announcing import claim_facts, expected, letter
from backhaul.marketplace.customers_words import MAY_WRITE, closed, heard
from backhaul.marketplace.orders import OrderLine, snapshot
from backhaul.marketplace.rules import blocks, chart
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.calendar import timers
from backhaul.marketplace.rules.decisions import By, SellerFacts, decide, open_return
from backhaul.marketplace.rules.exchange import ROUBLE, Payout
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return, born, evolve
from backhaul.marketplace.rules.word_keeping import LOOK_AGAIN
from backhaul.marketplace.rules.words import ClaimKind, RefundStatus, Role, Route, Status, Variant

FIRST_RETURN_ID = 100_001
SESSION_DAYS = 30
TERMS_REFRESH = timedelta(milliseconds=250)  # so long another process may decide by what held before
TO_HAND_IN = (Status.APPROVED, Status.AWAITING_DROPOFF)
THE_PARTNER = announcing.THE_PARTNER

_decode_line = msgspec.json.Decoder(OrderLine).decode


class Marketplace:
    """The marketplace as its desk sees it. `terms` are those in force, read again every few seconds and when the next ones begin."""

    journal = tables.journal
    board = tables.board

    def __init__(self) -> None:
        self.terms = Terms()
        self._terms_read_at: datetime | None = None
        self._next_terms_us: int | None = None

    def admit(self, tx: Tx, callers: Sequence[Any], at: datetime) -> dict[Any, Any]:
        """Who each caller is."""
        self.refresh_terms(tx, at)
        return {None: None, **access.admit(tx, [c for c in callers if c is not None], at)}

    def may_write(self, caller: Any) -> bool:
        """A read-only key gets a connection that cannot write."""
        if isinstance(caller, access.KeyCaller):
            return not keys.says_read_only(caller.key)
        return not isinstance(caller, access.Known) or caller.by.writes

    def load(self, tx: Tx, case_ids: list[int], *, lock: bool) -> dict[int, tuple[Return, bytes]]:
        """The returns and their chain heads."""
        return store.load(tx, case_ids, lock=lock)

    def surroundings(self, tx: Tx, cases: Iterable[Return]) -> Callable[[Return], SellerFacts]:
        """The sellers of these returns, blocks of customers who could open a dispute, refunds of which the bank says otherwise.

        And how the words are closed of those who could write some.
        """
        cases = list(cases)
        facts = store.seller_facts(tx, sorted({it.seller_id for it in cases}))
        disputable = [it.customer_ref for it in cases if it.status is Status.REJECTED]
        blocked = block_queries.standing(tx, disputable) if disputable else {}
        writers = person_store.writers(tx, {it.customer_ref for it in cases if it.status in MAY_WRITE})
        failed = [it.id for it in cases if it.refund.status is RefundStatus.FAILED]
        contradicted = payout_queries.contradicted(tx, failed)

        payouts = _payouts(tx, cases, facts)
        cards = {version: term_queries.rate_card(tx, version) for version in _older_cards(cases, self.terms)}

        def around(it: Return) -> SellerFacts:
            found = facts.get(it.seller_id, SellerFacts())
            if it.id in payouts:
                found = msgspec.structs.replace(found, payout=payouts[it.id])
            if it.quote is not None and it.quote.card_version in cards:
                found = msgspec.structs.replace(found, card=cards[it.quote.card_version])
            if it.status in MAY_WRITE:
                found = heard(found, writers.get(it.customer_ref))
            block = blocked.get(it.customer_ref)
            if block is None and it.id not in contradicted:
                return found
            return replace(found, customer_block=block, bank_says_paid=it.id in contradicted)

        return around

    def decide(self, it: Return, command: Any, by: By, at: datetime, around: SellerFacts) -> list[Any]:
        """The law; what a customer writes leaves it closed."""
        return closed(decide(it, command, by, at, self.terms, around), by, around)

    def evolve(self, it: Return, event: Any) -> Return:
        """The fold."""
        return evolve(it, event)

    def version(self, it: Return) -> int:
        """The number of events so far."""
        return it.version

    def entries(self, it: Return, event: Any) -> list[Entry]:
        """The postings of an event."""
        return chart.entries(it, event)

    def letters(self, it: Return, event: Any, by: By, at: datetime) -> list[Letter]:  # noqa: ARG002 -- the desk's form
        """The partner hears of units that come to it."""
        match event:
            case e.CheckedIn(route=Route.B):
                return [letter(wire.EXPECTED, expected(it, event, self.terms), at)]
            case e.Dispatched(carrier, waybill) if it.route is Route.B:
                return [letter(wire.DISPATCHED, wire.DispatchedParcel(it.id, carrier, waybill), at)]
            case e.WentMissing() if it.route is Route.B:
                return [letter(wire.LOST, wire.LostParcel(it.id), at)]
            case e.ClaimMoved(claim=ClaimKind.SUBSTITUTION):
                return [letter(wire.CLAIM_MOVED, claim_facts(it, event), at)]
            case _:
                return []

    def notices(self, it: Return, event: Any, by: By, at: datetime) -> list[Notice]:  # noqa: ARG002 -- the desk's form
        """Customer and seller hear of what concerns them."""
        return told.notices(it, event, at, self.terms)

    def mailboxes(self, tx: Tx, readers: list[str]) -> Mailboxes:
        """Customers' addresses from their orders, sellers' from their accounts."""
        return mailboxes.mailboxes(tx, readers)

    def save(self, tx: Tx, changes: list[Change[Return]]) -> None:
        """Insert or update the rows; a mark may move a block of the customer, money on its way a payout; sellers are told."""
        push_store.write(tx, changes)
        store.save(tx, changes, self.terms.policy)
        seen_photo_store.follow(tx, changes)
        block_store.follow_marks(tx, changes, self.terms.policy)
        payout_store.follow(tx, changes, self.terms.policy)
        telling.write(tx, changes)

    def due(self, tx: Tx, at: datetime, limit: int) -> list[int]:
        """Returns whose next deadline has passed."""
        self.refresh_terms(tx, at)
        return [row[0] for row in tx.rows(store.DUE, now_us=to_us(at), most=limit)]

    def overdue(self, tx: Tx, at: datetime, limit: int) -> int:
        """The same in a look: how many, at most `limit`."""
        self.refresh_terms(tx, at)
        return len(tx.rows(store.OVERDUE, now_us=to_us(at), most=limit))

    def timers(self, it: Return) -> list[tuple[datetime, Any]]:
        """What the calendar will do."""
        return timers(it, self.terms.policy)

    def calendar(self) -> By:
        """The clock as a giver of commands."""
        return By(Role.CALENDAR, "calendar")

    def signature(self, by: By) -> tuple[str, str]:
        """As the events record it."""
        return by.role, by.id

    def refresh_terms(self, tx: Tx, at: datetime) -> None:
        """Read the policy, the rate card and the catalogues in force at `at`, and the rule books that have begun."""
        fresh = self._terms_read_at is not None and abs(at - self._terms_read_at) < TERMS_REFRESH
        if fresh and (self._next_terms_us is None or to_us(at) < self._next_terms_us):
            return
        rows = tx.rows(store.TERMS, now_us=to_us(at))
        self.terms = term_queries.in_force(self.terms, rows)
        self._terms_read_at = at
        coming = tx.one(store.NEXT_TERMS, now_us=to_us(at))
        self._next_terms_us = coming[0] if coming else None

    def read_terms_again(self, tx: Tx, at: datetime) -> None:
        """A version was published: everybody in this process reads it from now on."""
        self._terms_read_at = None
        self.refresh_terms(tx, at)


def request_returns(
    tx: Tx, desk: Desk[Return], line_id: int, command: do.RequestReturn, by: By, at: datetime, request_id: str = ""
) -> list[Return]:
    """Start a return for each of the first units of an order line that no other return holds: all of them, or none."""
    house = desk.house
    if not isinstance(house, Marketplace):
        raise TypeError(house)
    house.refresh_terms(tx, at)
    row = tx.one(store.LINE, line=line_id)
    if row is None or row[2] != by.subject:
        raise Refused("not_found", "missing")
    block = block_queries.standing(tx, [row[2]]).get(row[2])
    if block is not None and blocks.bars_new_returns(block, at):
        raise blocks.refusal(block)
    free = tx.rows(store.FREE_UNITS_OF_LINE, line=line_id)
    if not free:
        raise Refused("no_unit_left")
    if len(free) < command.units:
        raise Refused("too_few_units", "conflict", "units", units_free=len(free))
    line = _decode_line(row[3])
    variant = Variant.T if row[4] == "TR" else Variant.C
    policy = house.terms.policy
    if not policy.takes_returns_from(row[4]):
        raise Refused("service_unavailable_in_country", "conflict", country=row[4])
    writer = person_store.writer(tx, row[2])
    person_store.look(tx, row[2], at + LOOK_AGAIN)
    first_id = store.take_number(tx, "return", FIRST_RETURN_ID, command.units)
    earlier = tuple(r[0] for r in tx.rows(store.EARLIER, customer_ref=by.subject, posting=line.posting_number))
    common = e.Requested(
        number="",
        seller_id=row[1],
        seller_country=row[4],
        variant=variant,
        customer_ref=row[2],
        customer_language=row[5],
        line=snapshot(line, line_id, 0),
        reason=command.reason,
        comment="" if writer is None else writer.closed(command.comment),
        photos=command.photos,
        at=at,
        draft_until=end_of_day(at, policy.draft_days),
        earlier=earlier,
        request_id=first_id,
        videos=command.videos,
    )
    facts = store.seller_facts(tx, [row[1]]).get(row[1], SellerFacts())
    changes = []
    for n in range(command.units):
        return_id = first_id + n
        event = replace(common, number=f"R-{return_id}", line=replace(common.line, unit_no=free[n][0]))
        opened = open_return(event, by, house.terms)
        it = born(return_id, opened)
        events: list[Any] = [opened]
        if command.send:
            events += decide(it, do.Submit(), by, at, house.terms, facts)
        happened = [(one, by, at) for one in events]
        changes.append(desk.change(None, return_id, GENESIS, happened, at, request_id, born=it))
    desk.write(tx, changes)
    return [change.after for change in changes]


def give(tx: Tx, desk: Desk[Return], return_id: int, command: do.Command, by: By, at: datetime) -> None:
    """One command to one return, as if the desk had taken it; `Refused` leaves everything as it was."""
    house = desk.house
    found = house.load(tx, [return_id], lock=True).get(return_id)
    if found is None:
        raise Refused("not_found", "missing")
    it, head = found
    events = house.decide(it, command, by, at, house.surroundings(tx, [it])(it))
    if events:
        desk.write(tx, [desk.change(it, return_id, head, [(event, by, at) for event in events], at, by.id)])


def _older_cards(cases: Iterable[Return], terms: Terms) -> set[str]:
    """Versions of the quotes of products that are to be handed in, where another rate card is in force by now."""
    versions = {it.quote.card_version for it in cases if it.quote is not None and it.status in TO_HAND_IN}
    return versions - {terms.card.version}


def _payouts(tx: Tx, cases: Iterable[Return], facts: Mapping[int, SellerFacts]) -> dict[int, Payout]:
    """The rates that may count for returns whose sellers are paid in another currency than roubles."""
    found: dict[int, Payout] = {}
    for it in cases:
        to = facts.get(it.seller_id, SellerFacts()).payout
        if to.currency != ROUBLE and (it.compensation.status != "none" or it.claim.status != "none"):
            found[it.id] = Payout(to.currency, rate_store.latest(tx, to.currency))
    return found
