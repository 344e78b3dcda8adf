"""What a house holds of one customer, for that customer: as JSON, and with the pictures and videos that they sent.

Their orders, returns, letters, blocks, messages and erasures are all there, however many. It is written piece by piece, one return after another: a customer with very many of them needs no more memory.
"""

import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any

import msgspec

from backhaul.kit import i18n, sealed_words
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import answer_queries, block_queries, person_queries, queries, return_views
from backhaul.marketplace import tables as t
from backhaul.marketplace.notice_texts import LANGUAGE
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules import recipients
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.texts import ERASED_WORDS

RECEIVED_MAX = 500
PLACES = {"image/jpeg": "photos/{}.jpg", "video/webm": "videos/{}.webm", "application/pdf": "files/{}.pdf"}

_encode = msgspec.json.Encoder().encode


def person(tx: Tx, ref: str) -> dict[str, Any]:
    """Who a customer is. Before they have bought anything there is an account, and no address."""
    email = person_queries.address(tx, ref)
    accounts = [{"login": login, "name": name} for _, name, login in person_queries.names(tx, [ref])]
    if email is None and not accounts:
        raise Refused("not_found", "missing")
    return {"reference": ref, "email": email or "", "accounts": accounts}


def received(tx: Tx, ref: str) -> list[recipients.Received]:
    """Who received something of a customer's, newest first, 500 at most."""
    found: list[recipients.Received] = []
    for it in person_queries.returns(tx, ref):
        found += recipients.received(it, ((one.event, one.at) for one in queries.history(tx, it.id)))
        if len(found) >= RECEIVED_MAX:
            break
    return sorted(found, key=lambda one: one.at, reverse=True)[:RECEIVED_MAX]


def known(tx: Tx, ref: str) -> list[recipients.Received]:
    """The same for support, also of somebody who was erased; `Refused` for a number that nobody has or had."""
    if not is_known(tx, ref):
        raise Refused("not_found", "missing")
    return received(tx, ref)


def is_known(tx: Tx, ref: str) -> bool:
    """Whether somebody has or had this number."""
    return person_queries.is_held(tx, ref) or person_queries.newest_of(tx, ref) is not None


def as_json(tx: Tx, office: Office, by: By, language: str) -> Iterator[bytes]:
    """One JSON object, in pieces that are lines."""
    gone = i18n.gettext(language, ERASED_WORDS)

    def piece(what: Any) -> bytes:
        said = _encode(what).decode()
        found = person_queries.keys(tx, sealed_words.key_ids(said))
        return sealed_words.opened(said, found, gone, in_full=True, written=sealed_words.in_json).encode()

    def listed(name: str, items: Iterable[Any]) -> Iterator[bytes]:
        yield b',\n"%s":[' % name.encode()
        for n, one in enumerate(items):
            yield (b",\n" if n else b"\n") + piece(one)
        yield b"]"

    yield b'{"customer":' + piece(person(tx, by.subject))
    yield from listed("orders", _orders(tx, by.subject))
    yield from listed(
        "returns", (_return(tx, office, it, by, language) for it in person_queries.returns(tx, by.subject))
    )
    yield from listed("blocks", block_queries.every_of_customer(tx, by.subject))
    yield from listed("messages", _messages(tx, by.subject, language))
    yield from listed("erasures", person_queries.erasures(tx, by.subject))
    yield b"}\n"


def _orders(tx: Tx, ref: str) -> Iterator[dict[str, Any]]:
    after = (2**62, 0)
    while some := queries.lines_after(tx, ref, after):
        for one in some:
            line = one.line
            yield {
                "posting_number": line.posting_number, "name": line.name, "sku": line.sku, "quantity": line.quantity,
                "paid": Money(line.paid_price_rub_minor), "delivered_at": from_us(line.delivered_at_us),
            }  # fmt: skip
        after = (some[-1].line.delivered_at_us, some[-1].id)


def _return(tx: Tx, office: Office, it: Return, by: By, language: str) -> dict[str, Any]:
    """As its customer sees it, with what they did and said, what support wrote to them, and who received it."""
    happened = queries.history(tx, it.id)
    return {
        "return": return_views.view(office, it, by, language),
        "acts": [
            {"at": one.at, "act": one.kind, "said": one.event} for one in happened if one.role == Role.CUSTOMER.value
        ],
        "letters": answer_queries.every_message(tx, it.id, Role.CUSTOMER),
        "received": recipients.received(it, ((one.event, one.at) for one in happened)),
    }


def _messages(tx: Tx, ref: str, language: str) -> Iterator[dict[str, Any]]:
    before = 2**62
    while some := t.board.page(tx, [f"customer:{ref}"], before):
        for one in some:
            if one.kind in LANGUAGE.wordings:
                told = LANGUAGE.tell(one.kind, one.facts, one.case_id, language)
                yield {"at": one.at, "subject": told.subject, "text": told.body}
        before = some[-1].id


def packed(tx: Tx, office: Office, by: By, language: str, to: IO[bytes]) -> None:
    """A ZIP of the JSON and of every picture and video that the customer sent and that is still here."""
    when = office.clock.now()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as file:
        with file.open(_entry("data.json", when), "w", force_zip64=True) as out:
            for piece in as_json(tx, office, by, language):
                out.write(piece)
        for name, blob in _files(tx, by):
            try:
                content = office.blobs.read(blob)
            except Refused:  # its time was over
                continue
            file.writestr(_entry(name, when), content)


def _files(tx: Tx, by: By) -> Iterator[tuple[str, str]]:
    """Name in the ZIP and id of each: what blocks and returns show, and what was handed in and never used."""
    seen: set[str] = set()
    sent: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
        (one.appeal.photos, one.appeal.videos) for one in block_queries.every_of_customer(tx, by.subject)
    ]
    for photos, videos in [*sent, *((it.photos, it.videos) for it in person_queries.returns(tx, by.subject))]:
        for media_type, ids in (("image/jpeg", photos), ("video/webm", videos)):
            for blob in ids:
                if blob not in seen:
                    seen.add(blob)
                    yield PLACES[media_type].format(blob), blob
    for blob, media_type in person_queries.brought(tx, queries.uploader_of(by)):
        if blob not in seen:
            yield PLACES.get(media_type, "files/{}").format(blob), blob


def _entry(name: str, when: datetime) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, when.timetuple()[:6])
