"""Third-party authorization: the seller's id and key are tried on the platform before anything is saved.

Two questions: `/v1/roles` with the seller's key, which every server that speaks the Seller API answers, and our
marketplace's partner-signed check, which names each mistake (D18). A foreign platform answers the first only.
"""

import functools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import msgspec

from backhaul import wire
from backhaul.kit import webhooks
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us
from backhaul.kit.desk import Errand
from backhaul.kit.journal import Letter
from backhaul.kit.machine import Refused
from backhaul.partner import access, errands, queries
from backhaul.partner.office import Office
from backhaul.partner.perform import THE_MARKETPLACE
from backhaul.partner.rules.words import PLATFORMS, BusinessType, LinkMode, LinkState

CHECK_EVERY = timedelta(seconds=45)
TIMEOUT_SECONDS = 10
PULL_ROWS = 500
PULL_PAGES_MAX = 200

_encode = msgspec.json.Encoder().encode


class Tried(msgspec.Struct, frozen=True):
    """What the platform says of a seller id and key."""

    mode: LinkMode
    seller_name: str
    expires_us: int


class _State(msgspec.Struct, frozen=True):
    state: str
    group_state: str


class _Product(msgspec.Struct, frozen=True):
    name: str


class _Row(msgspec.Struct, frozen=True):
    return_id: int
    return_number: str
    state: _State
    product: _Product


class _Listed(msgspec.Struct, frozen=True):
    """What is read of the Seller API's list of returns."""

    returns: list[_Row] | None = None


def link(office: Office, account: access.Account, platform: str, business_type: str, seller_id: int, key: str) -> None:
    """Try the key, save the link, tell the marketplace, pull the open returns. `Refused` names each mistake."""
    if platform not in PLATFORMS:
        raise Refused("unknown_platform", "invalid", "platform")
    if business_type not in list(BusinessType):
        raise Refused("unknown_business_type", "invalid", "business_type")
    if seller_id <= 0:
        raise Refused("wrong_seller_id", "invalid", "seller_id")
    key = key.strip()
    tried = _try(office, business_type, seller_id, key)
    watched = list(_open_returns(office, seller_id, key))
    saved = errands.NewLink(
        seller_id=seller_id,
        platform=platform,
        business_type=BusinessType(business_type),
        seller_name=tried.seller_name,
        sealed_key=office.seal.close(key),
        mode=tried.mode,
        expires_us=tried.expires_us,
    )

    def run(tx: Tx, at: datetime) -> bytes:
        errands.save_link(tx, account, saved, at)
        errands.watch_returns(tx, seller_id, [row for row in watched if queries.one(tx, row.return_id) is None])
        _announce(tx, seller_id, at, linked=True)
        return b""

    office.desk.perform_now(Errand(run))


def unlink(office: Office, account: access.Account, seller_id: int) -> None:
    """Forget the seller's key; the returns that are here stay, their owner no longer sees them."""

    def run(tx: Tx, at: datetime) -> bytes:
        errands.unlink(tx, account, seller_id)
        if all(row.seller_id != seller_id for row in queries.all_links(tx)):
            _announce(tx, seller_id, at, linked=False)
        return b""

    office.desk.perform_now(Errand(run))


def check_links(office: Office) -> int:
    """Ask again for each link that was not asked for a while; how many changed their state.

    A revoked or expired key makes it `authorization_lost`: data and clocks stay. A platform that is away changes nothing (D11).
    """
    now = office.clock.now()
    with office.database.read() as tx:
        due = [row for row in queries.all_links(tx) if now - from_us(row.checked_us) >= CHECK_EVERY]
    changed = 0
    for row in due:
        state = _state_now(office, row.seller_id, office.seal.open(bytes(row.sealed_key)))
        if state is None:
            continue
        office.desk.perform_now(Errand(functools.partial(_mark, office, row.company_id, row.seller_id, state)))
        changed += state != row.state
    return changed


def _mark(office: Office, company_id: int, seller_id: int, state: LinkState, tx: Tx, at: datetime) -> None:
    errands.mark_link(tx, company_id, seller_id, state, office.house.terms.policy, at)


def _state_now(office: Office, seller_id: int, key: str) -> LinkState | None:
    try:
        answer = _ask_roles(office, seller_id, key)
    except httpx2.HTTPError:
        return None
    return _state_told(answer)


def _state_told(answer: httpx2.Response) -> LinkState | None:
    """What an answer says of the key; None: nothing, the platform has other troubles."""
    if answer.status_code == httpx2.codes.OK:
        return LinkState.ACTIVE
    lost = answer.status_code in {httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN, httpx2.codes.NOT_FOUND}
    return LinkState.AUTHORIZATION_LOST if lost else None


def _try(office: Office, business_type: str, seller_id: int, key: str) -> Tried:
    """Both questions, in the order in which their answers help the person most."""
    try:
        told = _ask_check(office, wire.LinkCheck(seller_id, key, business_type))
        if told.code not in {"ok", "view_only"}:
            field = {"wrong_seller_id": "seller_id", "wrong_business_type": "business_type"}.get(told.code, "key")
            raise Refused(told.code, "invalid", field, right=told.right_business_type)
        roles = _ask_roles(office, seller_id, key)
    except (httpx2.HTTPError, msgspec.DecodeError) as error:
        raise Refused("platform_away", "away") from error
    state = _state_told(roles)
    if state is None:
        raise Refused("platform_away", "away")
    if state is not LinkState.ACTIVE:
        raise Refused("wrong_key", "invalid", "key")
    mode = LinkMode.RETURNS if told.code == "ok" else LinkMode.VIEW_ONLY
    return Tried(mode, told.seller_name, told.expires_at_us)


def _ask_roles(office: Office, seller_id: int, key: str) -> httpx2.Response:
    headers = {"client-id": str(seller_id), "api-key": key}
    return office.client.post(f"{_platform_url(office)}/v1/roles", headers=headers, json={}, timeout=TIMEOUT_SECONDS)


def _ask_check(office: Office, asked: wire.LinkCheck) -> wire.LinkAnswer:
    body = _encode(asked)
    now = office.clock.now()
    with office.database.read() as tx:
        row = tx.one(access.MARKETPLACE, id=THE_MARKETPLACE)
    if row is None:
        raise Refused("platform_away", "away")
    message_id = f"check_{office.chance(12).hex()}"
    headers = webhooks.headers(office.seal.open(bytes(row[3])), message_id, now, body)
    answer = office.client.post(
        f"{row[1]}/api/v1/partner/link-check",
        content=body,
        headers={"content-type": "application/json", **headers},
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    return msgspec.json.decode(answer.content, type=wire.LinkAnswer)


def _open_returns(office: Office, seller_id: int, key: str) -> Iterator[errands.Watched]:
    """Every return of the seller that is still alive, by the Seller API's own list."""
    headers = {"client-id": str(seller_id), "api-key": key}
    last_id = 0
    for _ in range(PULL_PAGES_MAX):
        asked: dict[str, Any] = {"limit": PULL_ROWS, "last_id": last_id, "filter": {"group_state": ["All"]}}
        try:
            answer = office.client.post(
                f"{_platform_url(office)}/v2/returns/rfbs/list", headers=headers, json=asked, timeout=TIMEOUT_SECONDS
            )
            answer.raise_for_status()
            rows = msgspec.json.decode(answer.content, type=_Listed, strict=False).returns or []
        except (httpx2.HTTPError, msgspec.DecodeError) as error:
            raise Refused("platform_away", "away") from error
        for row in rows:
            if row.state.group_state.lower() != "rejected":
                yield errands.Watched(
                    return_id=row.return_id, number=row.return_number, state=row.state.state, name=row.product.name
                )
        if len(rows) < PULL_ROWS:
            return
        last_id = rows[-1].return_id


def _platform_url(office: Office) -> str:
    with office.database.read() as tx:
        row = tx.one(access.MARKETPLACE, id=THE_MARKETPLACE)
    if row is None:
        raise Refused("platform_away", "away")
    return str(row[1])


def _announce(tx: Tx, seller_id: int, at: datetime, *, linked: bool) -> None:
    """A letter to the marketplace: from now on this seller's returns go, or do not go, to the partner by default."""
    data = msgspec.Raw(_encode(wire.Linked(seller_id, linked)))
    body = _encode(wire.Message(wire.LINKED, at.isoformat(), data))
    errands.announce(tx, Letter(THE_MARKETPLACE, wire.LINKED, body), seller_id, at)
