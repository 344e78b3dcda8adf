"""Third-party authorization: the seller's id and key are tried on the platform before anything is saved, and asked about again later."""

import functools
from datetime import datetime, timedelta

import httpx2
import msgspec

from backhaul import wire
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Errand
from backhaul.kit.journal import Letter
from backhaul.kit.machine import Refused
from backhaul.partner import access, errands, platform_errands, platform_queries, queries
from backhaul.partner.contract import Row, Unusable
from backhaul.partner.office import Office
from backhaul.partner.perform import THE_MARKETPLACE
from backhaul.partner.platforms import Busy, Platform, Wish, pages, platform_of, state_of
from backhaul.partner.rules.wire_states import is_open
from backhaul.partner.rules.words import BusinessType, LinkState
from backhaul.partner.shapes import LinkRow

CHECK_EVERY = timedelta(seconds=45)

_encode = msgspec.json.Encoder().encode


def link(office: Office, account: access.Account, platform: str, business_type: str, seller_id: int, key: str) -> None:
    """Try the key, save the link, tell our marketplace, pull the open returns. `Refused` names each mistake."""
    if business_type not in list(BusinessType):
        raise Refused("unknown_business_type", "invalid", "business_type")
    if seller_id <= 0:
        raise Refused("wrong_seller_id", "invalid", "seller_id")
    key = key.strip()
    if not key.isascii() or not key.isprintable() or not key:
        raise Refused("wrong_key", "invalid", "key")
    at_platform = platform_of(office, platform)
    with office.database.read() as tx:
        company = queries.company(tx, errands.company_of(account))
    tried = at_platform.check(office, Wish(seller_id, key, business_type, company[1] if company else ""))
    rows = _open_returns(office, at_platform, seller_id, key)
    saved = errands.NewLink(
        seller_id=seller_id,
        platform=platform,
        business_type=BusinessType(business_type),
        seller_name=tried.seller_name,
        sealed_key=office.seal.close(key),
        mode=tried.mode,
        expires_us=tried.expires_us,
    )
    again = timedelta(minutes=office.house.terms.policy.poll_minutes)

    def run(tx: Tx, at: datetime) -> bytes:
        if platform == THE_MARKETPLACE:
            errands.save_link(tx, account, saved, at)
            _announce(tx, seller_id, at, linked=True)
        else:
            platform_errands.save_link(tx, account, platform, saved, at)
        platform_errands.see(tx, platform, seller_id, rows, at)
        platform_errands.start_poll(tx, platform, seller_id, at, again)
        return b""

    office.desk.perform_now(Errand(run))


def unlink(office: Office, account: access.Account, platform: str, seller_id: int) -> None:
    """Forget the seller's key; the parcels that are here stay, their owner no longer sees them."""

    def run(tx: Tx, at: datetime) -> bytes:
        if platform != THE_MARKETPLACE:
            platform_errands.unlink(tx, account, platform, seller_id)
            return b""
        errands.unlink(tx, account, seller_id)
        platform_errands.forget_if_unlinked(tx, platform, seller_id)
        if all(row.seller_id != seller_id for row in queries.links_of_seller(tx, seller_id)):
            _announce(tx, seller_id, at, linked=False)
        return b""

    office.desk.perform_now(Errand(run))


def check_links(office: Office) -> int:
    """Ask again for each link that was not asked for a while; how many changed their state.

    A revoked or expired key makes it `authorization_lost`: data and clocks stay. A platform that is away changes nothing (D11).
    """
    before_us = to_us(office.clock.now() - CHECK_EVERY)
    with office.database.read() as tx:
        due = platform_queries.due_links(tx, before_us)
    changed = 0
    for row in due:
        try:
            at_platform = platform_of(office, row.platform)
            state = state_of(office, at_platform.account(row.seller_id, office.seal.open(bytes(row.sealed_key))))
        except Refused:
            state = None
        state = LinkState(row.state) if state is None else state
        office.desk.perform_now(Errand(functools.partial(_mark, office, row, state)))
        changed += state != row.state
    return changed


def _mark(office: Office, row: LinkRow, state: LinkState, tx: Tx, at: datetime) -> None:
    platform_errands.mark_link(tx, row, state, office.house.terms.policy, at)


def _open_returns(office: Office, at_platform: Platform, seller_id: int, key: str) -> list[Row]:
    """Every return of the seller that is still alive, by the Seller API's own list."""
    found: list[Row] = []
    try:
        for page in pages(office, at_platform.account(seller_id, key)):
            found += [row for row in page.rows if is_open(row.group_state, row.state)]
    except (httpx2.HTTPError, Unusable, Busy) as error:
        raise Refused("platform_away", "away") from error
    return found


def _announce(tx: Tx, seller_id: int, at: datetime, *, linked: bool) -> None:
    """A letter to the marketplace: from now on this seller's returns go, or do not go, to the partner by default."""
    data = msgspec.Raw(_encode(wire.Linked(seller_id, linked)))
    body = _encode(wire.Message(wire.LINKED, at.isoformat(), data))
    errands.announce(tx, Letter(THE_MARKETPLACE, wire.LINKED, body), seller_id, at)
