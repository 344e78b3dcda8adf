"""A marketplace with returns that wait for their seller, made by real commands in large batches."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from rich.progress import track

from backhaul.kit import keys
from backhaul.kit.clerk import BATCH_MAX
from backhaul.kit.clock import Clock, TurnedClock
from backhaul.kit.database import Statement
from backhaul.kit.desk import Errand, Order
from backhaul.marketplace import access, errands, key_errands, queries, tables
from backhaul.marketplace.office import Office, open_office
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.perform import request_returns
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Role, Status

LONG_AGO = timedelta(days=30)
SELLER_ID, SELLERS_COUNTRY = 2093311, "CN"
PRICE_MINOR = 790_000
_entries = tables.journal.entries
PAID = Statement(sa.select(_entries.c.case_id, sa.func.sum(_entries.c.amount_minor)).group_by(_entries.c.case_id))
REMEMBERED = Statement(sa.select(tables.journal.answers.c.key))
CUSTOMER = By(Role.CUSTOMER, "bench", "C-1")


@dataclass(frozen=True)
class Ground:
    """What a run needs: the key, and the ids of the returns."""

    key: str
    return_ids: list[int]


def prepare(database_url: str, data: Path, count: int, *, overdue: int = 0) -> Ground:
    """Fill an empty database with `count` returns in seller_review, and so many more whose time to answer is over."""
    office = open_office(database_url, data, Clock())
    try:
        key = _key(office)
        _errand(office, lambda tx: errands.import_lines(tx, [_line(n) for n in range(count + overdue)]))
        found = Ground(key, _requested(office, range(1, count + 1)))
    finally:
        office.close()
    if overdue:
        before = open_office(database_url, data, TurnedClock(Clock().now() - LONG_AGO))
        try:
            _requested(before, range(count + 1, count + overdue + 1))
        finally:
            before.close()
    return found


def _requested(office: Office, line_ids: range) -> list[int]:
    ids: list[int] = []
    for start in range(0, len(line_ids), BATCH_MAX):
        ids += _request(office, line_ids[start : start + BATCH_MAX])
    return ids


def prove(database_url: str, data: Path, return_ids: list[int]) -> None:
    """Every acknowledged command is there whole: state, chain, one ledger entry, remembered answer. Else no figure is told."""
    office = open_office(database_url, data, Clock())
    try:
        with office.database.read() as tx:
            paid = dict(tx.rows(PAID))
            remembered = {row[0] for row in tx.rows(REMEMBERED)}
            for return_id in track(return_ids, "proving", transient=True):
                again, chained = queries.replay(tx, return_id)
                proofs = (
                    chained,
                    again == queries.one(tx, return_id),
                    again is not None and again.status is Status.REFUNDED_WITHOUT_RETURN,
                    paid.get(return_id) == PRICE_MINOR,
                    f"bench-{return_id}" in remembered,
                )
                if not all(proofs):
                    raise RuntimeError(f"return {return_id} is not whole after its command: {proofs}")
    finally:
        office.close()


def _request(office: Office, line_ids: range) -> list[int]:
    made: list[int] = []
    command = do.RequestReturn("does_not_work", "It does not switch on.", ("0" * 64,))
    at = office.clock.now()

    def ask(line_id: int) -> Errand:
        return Errand(
            lambda tx, when: made.append(request_returns(tx, office.desk, line_id, command, CUSTOMER, when)[0].id)
        )

    office.desk.handle([(ask(line_id), at) for line_id in line_ids])
    made = sorted(set(made))
    answers = office.desk.handle([(Order(i, do.Submit(), access.Known(CUSTOMER)), at) for i in made])
    wrong = [answer for answer in answers if isinstance(answer, BaseException)]
    if wrong or len(made) != len(line_ids):
        raise RuntimeError(f"the fixture failed: {len(made)} of {len(line_ids)}, {wrong[:1]}")
    return made


def _key(office: Office) -> str:
    key = keys.make_key(read_only=False)
    owner = access.Account(0, "bench", Role.SELLER, str(SELLER_ID), "Bench", "en", owner=True)
    policy = office.house.terms.policy
    office.desk.perform_now(
        Errand(lambda tx, at: key_errands.create_key(tx, owner, "bench", access.RETURNS, key, policy, at))
    )
    return key.text


def _errand(office: Office, run: object) -> None:
    office.desk.perform_now(Errand(lambda tx, _: run(tx) and b""))  # type: ignore[operator]


def _line(n: int) -> OrderLine:
    return OrderLine(
        posting_number=f"{10_000_000 + n}-0001-1", line_number=1, sku=400000 + n, offer_id=f"OF-{n}", name="Headset",
        category="audio", unit_price_minor=PRICE_MINOR, currency="RUB", order_rate="1", price_rub_minor=790_000,
        paid_price_rub_minor=790_000, weight_gram=350, outbound_weight_gram=None, quantity=1, seller_id=SELLER_ID,
        seller_country=SELLERS_COUNTRY, customer_ref="C-1", customer_email="", customer_language="en",
        serial=None, marking_code=None, ordered_on="2026-01-01", delivered_at_us=1_767_600_000_000_000,
    )  # fmt: skip
