"""What the comparison and people do about breaks and the partner's papers. Each runs inside the desk's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk
from backhaul.kit.machine import Refused
from backhaul.marketplace import break_queries, break_store, partner_invoice_store, store
from backhaul.marketplace import tables as t
from backhaul.marketplace.break_store import Tally
from backhaul.marketplace.partner_invoice_store import Begun
from backhaul.marketplace.rules import breaks as b
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By, SellerFacts, decide, open_acts
from backhaul.marketplace.rules.findings import Finding
from backhaul.marketplace.rules.partner_invoices import InvoiceLine, PartnerInvoice, PriceList
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

__all__ = ["Begun", "Step", "Tally"]

_p = t.reconciliations.c
MOVE = Statement(
    t.reconciliations.update()
    .where(
        _p.name == bindparam("of"), _p.day == bindparam("seen_day"), _p.after == bindparam("seen_after"),
        _p.unit == bindparam("seen_unit"),
    )
    .values(day=bindparam("to_day"), after=bindparam("to_after"), unit=bindparam("to_unit"), done_us=bindparam("end_us"))
)  # fmt: skip
BEGIN = Statement(t.reconciliations.insert())


class Step(msgspec.Struct, frozen=True):
    """Where a day's comparison stands and what comes after: `seen` is None before the first one ever.

    `unit`: the last one that was compared of the seller `after`; empty: all were.
    """

    name: str
    day: str
    seen: tuple[str, int, str] | None
    after: int
    unit: str = ""


# The comparison


def move_on(tx: Tx, step: Step, last: int | None, at: datetime, unit: str = "") -> None:
    """From where the step began to where it ended; None: to the end of the day's work. `Refused` when another was quicker."""
    end_us = to_us(at) if last is None else None
    after = step.after if last is None else last
    if step.seen is None:
        tx.run(BEGIN, name=step.name, day=step.day, after=after, unit=unit, done_us=end_us)
        return
    seen_day, seen_after, seen_unit = step.seen
    moved = tx.run(
        MOVE, of=step.name, seen_day=seen_day, seen_after=seen_after, seen_unit=seen_unit, to_day=step.day, to_after=after,
        to_unit=unit, end_us=end_us,
    )  # fmt: skip
    if moved != 1:
        raise Refused("version_conflict")


def keep(tx: Tx, found: Sequence[Finding], policy: Policy, at: datetime, *, tell: bool) -> Tally:
    """What was found about one seller."""
    return break_store.keep(tx, found, policy, at, tell=tell)


def close_gone(tx: Tx, break_ids: Iterable[int], policy: Policy, at: datetime) -> int:
    """These were not found any more; how many closed themselves."""
    return break_store.miss(tx, [break_store.load(tx, break_id) for break_id in break_ids], policy, at)


def note_books(
    tx: Tx, return_ids: list[int], found: Mapping[int, Sequence[Finding]], policy: Policy, at: datetime
) -> int:
    """What was found, by seller, in the books of these returns; what is not found any more closes itself. How many moved."""
    moved = sum(break_store.keep(tx, of_seller, policy, at).moved for of_seller in found.values())
    keys = {finding.key for of_seller in found.values() for finding in of_seller}
    stand = [break_queries.decode_break(row[0]) for row in tx.rows(break_queries.OF_RETURNS, ids=return_ids)]
    return moved + break_store.miss(tx, (it for it in stand if it.finding.key not in keys), policy, at)


# People


def sees(it: b.Break, by: By) -> bool:
    """Breaks are for the seller whom they are about, and for support."""
    if by.role is Role.SELLER:
        return by.subject == str(it.finding.seller_id)
    return by.role is Role.SUPPORT


def check_writes(by: By) -> None:
    """`Refused` for who may only read, before anything is looked at: it is noted as an attempt."""
    if not by.writes:
        raise Refused("role_read_only", "forbidden")


def act(tx: Tx, desk: Desk[Return], break_id: int, command: b.Act, by: By, terms: Terms, at: datetime,
        seen: int | None = None) -> b.Break:  # fmt: skip
    """A person does something about a break; a claim is filed by the return's own law, in the same transaction."""
    check_writes(by)
    it = break_store.load(tx, break_id)
    if not sees(it, by):
        raise Refused("not_found", "missing")
    if seen is not None and seen != it.version:
        raise Refused("version_conflict", version=it.version, seen=seen)
    found = store.load(tx, [it.finding.return_id], lock=True).get(it.finding.return_id)
    claim_is_open = found is not None and do.FileClaim in open_acts(found[0], by, at, terms)
    events = b.decide(it, command, by.role, terms.policy, claim_is_open=claim_is_open)
    if isinstance(command, b.Claim) and found is not None:
        claimed, head = found
        happened = decide(claimed, do.FileClaim(), by, at, terms, SellerFacts())
        change = desk.change(claimed, claimed.id, head, [(event, by, at) for event in happened], at)
        desk.write(tx, [change])
    return break_store.move(tx, it, events, by, at)


# The partner's papers


def begin_invoice(tx: Tx, seller_id: int, it: PartnerInvoice, sha256: str, by: By, at: datetime) -> Begun:
    """An invoice is brought: its lines follow in pieces."""
    return partner_invoice_store.begin(tx, seller_id, it, sha256, by, at)


def add_lines(tx: Tx, invoice_id: int, seller_id: int, lines: Sequence[InvoiceLine]) -> None:
    """A piece of them."""
    partner_invoice_store.add_lines(tx, invoice_id, seller_id, lines)


def finish_invoice(tx: Tx, invoice_id: int, seller_id: int, it: PartnerInvoice) -> None:
    """All are there."""
    partner_invoice_store.finish(tx, invoice_id, seller_id, it)


def drop_invoice(tx: Tx, invoice_id: int) -> int:
    """A piece of what an import has left that broke off; how many lines."""
    return partner_invoice_store.drop(tx, invoice_id)


def put_price_list(tx: Tx, seller_id: int, it: PriceList, by: By, at: datetime) -> bool:
    """A price list of the partner; whether it is new."""
    return partner_invoice_store.put_price_list(tx, seller_id, it, by, at)
