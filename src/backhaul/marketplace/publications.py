"""Publishing terms inside the desk's transaction: one rule for policy, rate cards, catalogues and rule cards.

A version has a date that has not passed and a number that was never used; it is a row of `terms` and is never changed (R107).
"""

from datetime import datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.kit.versions import beginning, is_too_far, reason
from backhaul.marketplace import catalogue_files, errands, rate_card_files, store, term_queries
from backhaul.marketplace.rules import catalogues
from backhaul.marketplace.rules.catalogues import CATALOGUES, Catalogue, RejectionReasons, ReturnReasons, numbered
from backhaul.marketplace.rules.compensation import SEED_CARD, RateCard
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.rule_book import SEED_BOOK
from backhaul.marketplace.rules.rule_cards import RuleBook
from backhaul.marketplace.rules.versions import VERSION_CHARACTERS_MAX, Draft
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.tables import shelf

OPERATOR = "operator"
SEEDS = {"rate_card": SEED_CARD.version, "rule_cards": SEED_BOOK.version}


def publish_policy(tx: Tx, policy: Policy, valid_from: datetime, by: By, why: str, at: datetime, *, seen: str) -> None:
    """The next version of the policy. A version between two others is allowed: each says all of its numbers."""
    publish(tx, "policy", Draft(policy, valid_from, why, seen=seen), by, at)


def publish(tx: Tx, kind: str, draft: Draft, by: By, at: datetime) -> str:
    """A version of any kind but the rule cards: who published it, when, why, and from when it holds; answers the version.

    Nobody writes over a version that nobody read: `seen` is how many there were when its author looked. Quotes that were
    accepted keep their rate card (D14), returns their reason.
    """
    if by.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=by.role)
    if draft.seen is not None and draft.seen != str(shelf.count(tx, kind)):
        raise Refused("policy_changed" if kind == "policy" else "published_meanwhile", "conflict")
    valid_from, why, document = beginning(draft.valid_from, at), reason(draft.why), draft.document
    if isinstance(document, RateCard):
        check_version(tx, kind, draft.version)
    if isinstance(document, ReturnReasons | RejectionReasons):
        check_catalogue(tx, kind, document, valid_from, term_queries.policy_at(tx, at).photos_max)
    version = draft.version if isinstance(document, RateCard) else str(store.take_number(tx, kind, 2))
    errands.put_terms(tx, kind, version, _of_version(document, version), valid_from, by.id, why, to_us(at))
    return version


class FromFile(msgspec.Struct, frozen=True):
    """A file that the operator publishes: its text, and what the command says of it."""

    kind: str
    text: str
    valid_from: datetime
    why: str
    version: str = ""


def publish_file(tx: Tx, asked: FromFile, at: datetime) -> bytes:
    """A rate card or a catalogue from a file; answers the version. A catalogue's number is the next one."""
    data = asked.text.encode()
    document: RateCard | Catalogue
    if asked.kind == "rate_card":
        file = rate_card_files.parsed(data)
        document, version = rate_card_files.card_of(file, ""), asked.version or file.version
    else:
        document, version = numbered(catalogue_files.built(asked.kind, catalogue_files.rows_in(data))), ""
    draft = Draft(document, asked.valid_from, asked.why, version)
    return publish(tx, asked.kind, draft, By(Role.SUPPORT, OPERATOR), at).encode()


def _of_version(document: object, version: str) -> Policy | RateCard | Catalogue:
    """The document with its version inside; the policy's stands in the row only."""
    if isinstance(document, RateCard | ReturnReasons | RejectionReasons):
        return msgspec.structs.replace(document, version=version)
    if isinstance(document, Policy):
        return document
    raise TypeError(document)


def check_catalogue(tx: Tx, kind: str, catalogue: Catalogue, valid_from: datetime, photos_max: int) -> None:
    """`Refused` with every fault. A version that begins before one that is published would lose the later one's codes."""
    published = term_queries.catalogues(tx, kind)
    if published and valid_from < published[-1][1]:
        raise Refused("later_version_published", "conflict", "valid_from", begins=published[-1][1])
    known = [CATALOGUES[kind], *(one for one, _ in published)]
    found = catalogues.faults(catalogue, known, photos_max)
    if found:
        raise Refused("catalogue_invalid", "invalid", faults=found)


def publish_rule_cards(tx: Tx, book: RuleBook, at: datetime) -> bytes:
    """A version of the rule cards that nobody has lived under yet: what was asked for keeps its card (R107)."""
    dated = book.valid_from.tzinfo is not None  # one that is not is refused below
    begun, too_far = dated and book.valid_from < at, dated and is_too_far(book.valid_from, at)
    wrong = [
        *(["valid_from is in the past"] if begun else []),
        *(["valid_from is more than ten years ahead"] if too_far else []),
        *(["this version exists already"] if is_taken(tx, "rule_cards", book.version) else []),
    ]
    if wrong:
        raise Refused("rule_cards_invalid", "invalid", faults=wrong)
    errands.put_terms(tx, "rule_cards", book.version, book, book.valid_from)
    return b""


def is_taken(tx: Tx, kind: str, version: str) -> bool:
    """Whether a version has been published under this name, or came with the product."""
    return version == SEEDS.get(kind) or tx.one(store.HAS_TERMS, kind=kind, version=version) is not None


def check_version(tx: Tx, kind: str, version: str) -> None:
    """`Refused` for a name that is none or was used."""
    if not version or len(version) > VERSION_CHARACTERS_MAX or not all(c.isalnum() or c in "._-" for c in version):
        raise Refused("version_invalid", "invalid", "version", characters_max=VERSION_CHARACTERS_MAX)
    if is_taken(tx, kind, version):
        raise Refused("version_exists", "conflict", "version", version=version)
