"""What the operations of API v1 on published terms share: who may, the list of versions, publishing, faults in words."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec
from anyio import to_thread
from litestar import Response

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.versions import beginning, reason
from backhaul.marketplace import publications
from backhaul.marketplace.doors import Req, account_of, bearer, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.versions import Draft, Fault
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.tables import shelf
from backhaul.marketplace.version_texts import sentence

T = TypeVar("T")


class VersionView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A published version. The one that came with the product has no date."""

    version: str
    in_force: bool
    valid_from: datetime | None = None
    published_at: datetime | None = None
    published_by: str = ""
    why: str = ""


class Published(msgspec.Struct, frozen=True):
    """What was published."""

    version: str
    valid_from: datetime


async def publish(office: Office, request: Req, kind: str, draft_of: Callable[[Tx], Draft], key: str | None,
                   said: object) -> Response[Published]:  # fmt: skip
    """Publish through the desk; an answer to a request with the same key is the answer of then."""
    account = await to_thread.run_sync(account_of, office, request)
    if account.role is not Role.SUPPORT:  # nobody else is told what is wrong with a draft
        raise Refused("not_your_role", "forbidden", role=account.role)

    def run(tx: Tx, at: datetime) -> bytes:
        draft = draft_of(tx)
        draft = msgspec.structs.replace(draft, valid_from=beginning(draft.valid_from, at), why=reason(draft.why))
        version = publications.publish(tx, kind, draft, account.by(), at)
        return msgspec.json.encode(Published(version, draft.valid_from))

    try:
        answer = await office.desk.perform(persons_errand(request, account, run, key, said))
        await to_thread.run_sync(office.read_terms_again)
    except Refused as refused:
        raise worded(request, refused) from refused
    return http.encoded(answer.body, Published, 201)


def support(office: Office, request: Req) -> By:
    """Who calls; `Refused` for everybody else."""
    by = bearer(office, request)
    if by.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by


def versions_of(office: Office, kind: str, in_force: str, first: str) -> list[VersionView]:
    """Every version, the newest first; `first` came with the product."""
    with office.database.read() as tx:
        found = shelf.versions(tx, kind)
    views = [
        VersionView(one.version, one.version == in_force, one.valid_from, one.published_at, one.published_by, one.why)
        for one in found
    ]
    return [*views, VersionView(first, first == in_force)]


def told(request: Req, look: Callable[[], T]) -> T:
    """An answer whose refusal has its faults in words."""
    try:
        return look()
    except Refused as refused:
        raise worded(request, refused) from refused


def worded(request: Req, refused: Refused) -> Refused:
    """The refusal with its faults as codes, places and sentences in the caller's language."""
    found = refused.facts.get("faults")
    if not isinstance(found, list):
        return refused
    language = http.language_of(request)
    faults = [
        {"code": one.code, "where": one.where, "detail": sentence(one, language)} if isinstance(one, Fault) else one
        for one in found
    ]
    return Refused(refused.code, refused.kind, refused.field, **{**refused.facts, "faults": faults})


def seen_of(count: int | None) -> str | None:
    """As a draft has it."""
    return None if count is None else str(count)
