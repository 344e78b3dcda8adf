"""SQL that looks at published terms (policy, rate cards, catalogues, rule cards), and at the returns a back-test reads."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import policy_reach
from backhaul.marketplace.rules.back_tests import Past
from backhaul.marketplace.rules.catalogues import CATALOGUES, Catalogue, RejectionReasons, ReturnReasons
from backhaul.marketplace.rules.compensation import SEED_CARD, RateCard
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.rule_book import SEED_BOOK
from backhaul.marketplace.rules.rule_cards import RuleBook
from backhaul.marketplace.rules.words import Status

PAST_ROWS = 2_000
# Since when what came with the product holds.
EVER = datetime(1970, 1, 1, tzinfo=UTC)

_DECODERS: dict[str, msgspec.json.Decoder[Catalogue]] = {
    "return_reasons": msgspec.json.Decoder(ReturnReasons), "rejection_reasons": msgspec.json.Decoder(RejectionReasons),
}  # fmt: skip
_decode_past = msgspec.json.Decoder(Past).decode


DOCS = Statement(
    sa.select(t.terms.c.doc, t.terms.c.valid_from_us)
    .where(t.terms.c.kind == bindparam("kind"))
    .order_by(t.terms.c.valid_from_us, t.terms.c.published_us, t.terms.c.version)
    .limit(1000)
)
COUNT_PAST = Statement(
    sa.select(sa.func.count()).where(
        t.returns.c.route == "A",
        t.returns.c.accepted_us >= bindparam("low_us"),
        t.returns.c.accepted_us < bindparam("high_us"),
    )
)
PAST = Statement(
    sa.select(t.returns.c.accepted_us, t.returns.c.id, t.returns.c.doc)
    .where(
        t.returns.c.route == "A",
        t.returns.c.accepted_us >= bindparam("low_us"),
        t.returns.c.accepted_us < bindparam("high_us"),
        sa.tuple_(t.returns.c.accepted_us, t.returns.c.id) > sa.tuple_(bindparam("after_us"), bindparam("after_id")),
    )
    .order_by(t.returns.c.accepted_us, t.returns.c.id)
    .limit(bindparam("most"))
)
# Open returns by where they stand, out of the index of states.
IN_STATUSES = Statement(
    sa.select(t.returns.c.status, sa.func.count())
    .where(among(t.returns.c.status, "statuses"))
    .group_by(t.returns.c.status)
)


def in_force(before: Terms, rows: Iterable[tuple[Any, ...]]) -> Terms:
    """The terms of stored rows (kind, version, document, beginning); what no row is about stays as it was."""
    rows = list(rows)
    found = {kind: (version, doc) for kind, version, doc, _ in rows}
    fresh: dict[str, Any] = {}
    if "policy" in found:
        version, doc = found["policy"]
        fresh |= {"policy": decode_policy(doc), "policy_version": version}
    if "rate_card" in found:
        fresh["card"] = msgspec.json.decode(found["rate_card"][1], type=RateCard)
    for kind, field in (("return_reasons", "reasons"), ("rejection_reasons", "rejections")):
        if kind in found:
            fresh[field] = _DECODERS[kind].decode(found[kind][1])
    books = tuple(_rule_book(version, doc, us) for kind, version, doc, us in rows if kind == "rule_cards")
    return msgspec.structs.replace(before, **fresh, rule_books=(SEED_BOOK, *books))


def _rule_book(version: str, doc: bytes, valid_from_us: int) -> RuleBook:
    """A stored rule book; version and date are those of its row."""
    book = msgspec.json.decode(doc, type=RuleBook)
    return msgspec.structs.replace(book, version=version, valid_from=from_us(valid_from_us))


def policy_at(tx: Tx, at: datetime) -> Policy:
    """The policy that holds at an instant, as far as versions are published."""
    found = t.shelf.holding(tx, "policy", at)
    return decode_policy(found[1]) if found is not None else Policy()


def touched(tx: Tx, before: Policy, after: Policy) -> dict[str, int]:
    """How many returns on their way each changed number still decides about; all of them together under the empty name."""
    names = policy_reach.changed(before, after)
    rows = tx.rows(IN_STATUSES, statuses=sorted(policy_reach.reached(names)))
    counts = {Status(status): int(count) for status, count in rows}
    found = {name: sum(counts.get(status, 0) for status in policy_reach.reached([name])) for name in names}
    return {**found, "": sum(counts.values())}


def decode_policy(doc: bytes) -> Policy:
    """A stored policy, without the numbers that have moved to the rule cards since."""
    numbers = msgspec.json.decode(doc)
    numbers.pop("request_windows_days", None)
    return msgspec.convert(numbers, Policy)


def card_at(tx: Tx, at: datetime) -> RateCard:
    """The rate card that holds at an instant, as far as versions are published."""
    found = t.shelf.holding(tx, "rate_card", at)
    return msgspec.json.decode(found[1], type=RateCard) if found is not None else SEED_CARD


def catalogue_at(tx: Tx, kind: str, at: datetime) -> Catalogue:
    """The catalogue that holds at an instant, as far as versions are published."""
    found = t.shelf.holding(tx, kind, at)
    return _DECODERS[kind].decode(found[1]) if found is not None else CATALOGUES[kind]


def catalogue(tx: Tx, kind: str, version: str) -> Catalogue | None:
    """A catalogue by its version, the one that came with the product too."""
    doc = t.shelf.doc(tx, kind, version)
    if doc is None:
        return CATALOGUES[kind] if version == CATALOGUES[kind].version else None
    return _DECODERS[kind].decode(doc)


def rate_card(tx: Tx, version: str) -> RateCard | None:
    """A rate card by its version, the one that came with the product too."""
    doc = t.shelf.doc(tx, "rate_card", version)
    if doc is None:
        return SEED_CARD if version == SEED_CARD.version else None
    return msgspec.json.decode(doc, type=RateCard)


def catalogues(tx: Tx, kind: str) -> list[tuple[Catalogue, datetime]]:
    """Every published version of a catalogue with its beginning, in the order in which they hold."""
    decode = _DECODERS[kind].decode
    return [(decode(row[0]), from_us(row[1])) for row in tx.rows(DOCS, kind=kind)]


def latest_catalogue(tx: Tx, kind: str) -> tuple[Catalogue, datetime]:
    """The catalogue that holds when everything published has begun, with its beginning."""
    published = catalogues(tx, kind)
    return published[-1] if published else (CATALOGUES[kind], EVER)


def known_rejections(tx: Tx) -> set[str]:
    """Every code that a rejection can have, by any version."""
    versions_of = [CATALOGUES["rejection_reasons"], *(one for one, _ in catalogues(tx, "rejection_reasons"))]
    return {entry.code for version in versions_of for entry in version.entries}


def past_returns(tx: Tx, low: datetime, high: datetime, most: int) -> Iterator[Past]:
    """Returns that a pick-up point accepted for disposal in [low, high), the oldest first, at most so many."""
    place = to_us(low), -1
    while most > 0:
        found, place = past_page(tx, to_us(low), to_us(high), place, min(most, PAST_ROWS))
        yield from found
        if len(found) < PAST_ROWS:
            return
        most -= len(found)


def past_page(tx: Tx, low_us: int, high_us: int, after: tuple[int, int], most: int = PAST_ROWS
              ) -> tuple[list[Past], tuple[int, int]]:  # fmt: skip
    """The next of them behind a place, and where they end."""
    rows = tx.rows(PAST, low_us=low_us, high_us=high_us, after_us=after[0], after_id=after[1], most=most)
    return [_decode_past(row[2]) for row in rows], (rows[-1][0], rows[-1][1]) if rows else after


def count_past(tx: Tx, low_us: int, high_us: int) -> int:
    """How many they are."""
    row = tx.one(COUNT_PAST, low_us=low_us, high_us=high_us)
    return 0 if row is None else int(row[0])
