"""Third-party authorization: the seller's id and key are tried on the platform before anything is saved, and asked about again later."""

import functools
import time
from contextlib import suppress
from datetime import datetime, timedelta

import httpx2
import msgspec
from msgspec.structs import replace

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
from backhaul.partner.platforms import Busy, Platform, Wish, is_away, pages, platform_of, state_of
from backhaul.partner.rules.wire_states import is_open
from backhaul.partner.rules.words import BusinessType, LinkState
from backhaul.partner.shapes import LinkRow

CHECK_EVERY = timedelta(seconds=45)
PULL_SECONDS_MAX = 30  # somebody waits for the page meanwhile

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
    with office.lines.one("platform_away"):
        _link(office, account, platform, Wish(seller_id, key, business_type, ""))


def _link(office: Office, account: access.Account, platform: str, typed: Wish) -> None:
    seller_id, key = typed.seller_id, typed.key
    at_platform = platform_of(office, platform)
    with office.look(account.by()) as tx:
        company = queries.company(tx, errands.company_of(account))
    tried = at_platform.check(office, replace(typed, country=company[1] if company else ""))
    rows, is_whole = _open_returns(office, at_platform, seller_id, key)
    saved = errands.NewLink(
        seller_id=seller_id,
        platform=platform,
        business_type=BusinessType(typed.business_type),
        seller_name=tried.seller_name,
        sealed_key=office.seal.close(key),
        mode=tried.mode,
        expires_us=tried.expires_us,
    )
    again = timedelta(minutes=office.house.terms.policy.poll_minutes if is_whole else 0)

    def run(tx: Tx, at: datetime) -> bytes:
        if platform == THE_MARKETPLACE:
            errands.save_link(tx, account, saved, at)
            _announce(tx, seller_id, at, linked=True)
        else:
            platform_errands.save_link(tx, account, platform, saved, at)
        platform_errands.see(tx, platform, seller_id, rows, at)
        platform_errands.start_poll(tx, platform, seller_id, at, again, is_whole=is_whole)
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
        state = None
        with suppress(Refused):
            at_platform = platform_of(office, row.platform)
            account = at_platform.account(row.seller_id, office.seal.open(bytes(row.sealed_key)))
            if not is_away(office, account):
                state = state_of(office, account)
        state = LinkState(row.state) if state is None else state
        office.desk.perform_now(Errand(functools.partial(_mark, office, row, state)))
        changed += state != row.state
    return changed


def _mark(office: Office, row: LinkRow, state: LinkState, tx: Tx, at: datetime) -> None:
    platform_errands.mark_link(tx, row, state, office.house.terms.policy, at)


def _open_returns(office: Office, at_platform: Platform, seller_id: int, key: str) -> tuple[list[Row], bool]:
    """Every return of the seller that is still alive, by the Seller API's own list; False: more follow, when it is polled."""
    found: list[Row] = []
    is_whole = False  # there may be more pages than are asked for while somebody waits
    ends = time.monotonic() + PULL_SECONDS_MAX
    try:
        for page in pages(office, at_platform.account(seller_id, key)):
            found += [row for row in page.rows if is_open(row.group_state, row.state)]
            is_whole = page.after is None
            if not is_whole and time.monotonic() > ends:
                break
    except (httpx2.HTTPError, Unusable, Busy) as error:
        raise Refused("platform_away", "away") from error
    return found, is_whole


def _announce(tx: Tx, seller_id: int, at: datetime, *, linked: bool) -> None:
    """A letter to the marketplace: from now on this seller's returns go, or do not go, to the partner by default."""
    data = msgspec.Raw(_encode(wire.Linked(seller_id, linked)))
    body = _encode(wire.Message(wire.LINKED, at.isoformat(), data))
    errands.announce(tx, Letter(THE_MARKETPLACE, wire.LINKED, body), seller_id, at)
