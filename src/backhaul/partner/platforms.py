"""Platforms: where sellers' returns come from. Our own marketplace answers a signed check that names each mistake (D18); any other
server is held to the published Seller API only, and there the variant comes from the account's country.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx2
import msgspec

from backhaul import wire
from backhaul.kit import outside
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.kit.outside import Answer
from backhaul.partner import contract, platform_queries
from backhaul.partner.contract import Account, Row, Unusable
from backhaul.partner.office import Office
from backhaul.partner.perform import THE_MARKETPLACE
from backhaul.partner.rules.words import LinkMode, LinkState

PULL_PAGES_MAX = 200

ANSWERS = frozenset({"ok", "view_only", "wrong_key", "wrong_seller_id", "wrong_business_type", "key_revoked", "key_expired", "key_network_not_allowed"})  # fmt: skip
BUSY = frozenset({429, 500, 502, 503, 504})


class Busy(Exception):
    """The server answers, but not now."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.status))
        self.status = answer.status
        self.wait = answer.wait


class Tried(msgspec.Struct, frozen=True):
    """What a platform says of a seller id and key. `expires_us` 0: it does not say."""

    mode: LinkMode
    seller_name: str = ""
    expires_us: int = 0


class Wish(msgspec.Struct, frozen=True):
    """What a person wants to link; `country` is that of their company."""

    seller_id: int
    key: str
    business_type: str
    country: str


class Page(msgspec.Struct, frozen=True):
    """A page of returns; `after` is where the next one begins, None: there is none."""

    rows: list[Row]
    after: int | None


class Platform(Protocol):
    """What linking and asking need of a platform."""

    @property
    def id(self) -> str:
        """The name under which it is registered."""

    def account(self, seller_id: int, key: str) -> Account:
        """A seller there."""

    def check(self, office: Office, wish: Wish) -> Tried:
        """Try a seller id and key; `Refused` names the mistake."""


class OurMarketplace(msgspec.Struct, frozen=True):
    """Knows every mistake by name, because we ask as a registered partner."""

    id: str
    url: str

    def account(self, seller_id: int, key: str) -> Account:
        """A seller of it."""
        return Account(self.url, seller_id, key, ours=True)

    def check(self, office: Office, wish: Wish) -> Tried:
        """Both questions, in the order in which their answers help the person most."""
        try:
            told = self._told(office, wish)
            if told.code not in {"ok", "view_only"}:
                field = {"wrong_seller_id": "seller_id", "wrong_business_type": "business_type"}.get(told.code, "key")
                raise Refused(told.code, "invalid", field, right=told.right_business_type)
            account = self.account(wish.seller_id, wish.key)
            wrong = contract.fault(contract.ask(office.line, account, contract.ROLES, {}))
        except (httpx2.HTTPError, Unusable) as error:
            raise Refused("platform_away", "away") from error
        if wrong:
            raise Refused("wrong_key", "invalid", "key")
        mode = LinkMode.RETURNS if told.code == "ok" else LinkMode.VIEW_ONLY
        return Tried(mode, told.seller_name, told.expires_at_us)

    def _told(self, office: Office, wish: Wish) -> wire.LinkAnswer:
        asked = wire.LinkCheck(wish.seller_id, wish.key, wish.business_type)
        answer = say(office, "link-check", asked)
        told = outside.read(answer, wire.LinkAnswer)
        if told.code not in ANSWERS:
            raise httpx2.DecodingError("no such answer")
        return told


class SellerApiServer(msgspec.Struct, frozen=True):
    """Any server that speaks the published contract: each mistake is told apart as far as its answers can be."""

    id: str
    url: str

    def account(self, seller_id: int, key: str) -> Account:
        """A seller there."""
        return Account(self.url, seller_id, key)

    def check(self, office: Office, wish: Wish) -> Tried:
        """The business type against the country, then the key by the methods that it opens."""
        right = office.house.terms.policy.business_type_of(wish.country)
        if wish.business_type != right:
            raise Refused("wrong_business_type", "invalid", "business_type", right=right)
        account = self.account(wish.seller_id, wish.key)
        try:
            answer = contract.ask(office.line, account, contract.ROLES, {})
            wrong = contract.fault(answer)
            said = contract.Roles() if wrong else contract.roles(answer)
        except (httpx2.HTTPError, Unusable) as error:
            raise Refused("platform_away", "away") from error
        if wrong:
            field = {"wrong_seller_id_form": "seller_id"}.get(wrong, "key")
            raise Refused(wrong, "invalid", field)
        if said.expires_us and said.expires_us <= to_us(office.clock.now()):
            raise Refused("key_expired", "invalid", "key")
        if said.methods is not None and contract.LIST not in said.methods:
            raise Refused("key_without_returns", "invalid", "key")
        decides = said.methods is not None and bool(contract.ACTS & said.methods)
        return Tried(LinkMode.RETURNS if decides else LinkMode.VIEW_ONLY, expires_us=said.expires_us)


def platform_of(office: Office, name: str) -> Platform:
    """A registered platform by its id; `Refused` when there is none."""
    with office.database.read() as tx:
        found = platform_queries.platform(tx, name)
    if found is None:
        if name == THE_MARKETPLACE:
            raise Refused("platform_away", "away")
        raise Refused("unknown_platform", "invalid", "platform")
    return OurMarketplace(found.id, found.url) if found.is_ours else SellerApiServer(found.id, found.url)


def say(office: Office, question: str, asked: msgspec.Struct) -> bytes:
    """What our marketplace answers to a question. `httpx2.HTTPError` when it is away or refuses it."""
    answer = office.ask_marketplace(question, asked)
    if answer is None:
        raise Refused("platform_away", "away")
    if answer.status != httpx2.codes.OK:
        raise httpx2.HTTPError(f"{question}: {answer.status}")
    return answer.body


def ask(office: Office, account: Account, path: str, body: dict[str, Any]) -> Answer:
    """One call, and whether the server was there at all: one that is away keeps the sellers of no other one waiting."""
    name = urlsplit(account.url).netloc
    try:
        answer = contract.ask(office.line, account, path, body)
    except (httpx2.HTTPError, Refused):
        office.reach.missed(name, office.clock.now(), jitter=1.0)
        raise
    office.reach.answered(name)
    return answer


def is_away(office: Office, account: Account) -> bool:
    """Whether the last calls to its server came to nothing, a short while ago."""
    return office.reach.is_away(urlsplit(account.url).netloc, office.clock.now())


def state_of(office: Office, account: Account) -> LinkState | None:
    """What the platform says of a key now; None: nothing, it has other troubles."""
    try:
        wrong = contract.fault(ask(office, account, contract.ROLES, {}))
    except (httpx2.HTTPError, Unusable, Refused):
        return None
    return LinkState.AUTHORIZATION_LOST if wrong else LinkState.ACTIVE


def pages(office: Office, account: Account, after: int = 0, since: datetime | None = None) -> Iterator[Page]:
    """The seller's returns, a page at a time. `Busy` when the server wants us to be silent, `Unusable` when it is none.

    It ends at a page that is empty, brings nothing new (some servers do not heed `last_id`), or is surely the last. A return
    that a page names twice counts as it stands the second time.
    """
    seen: set[int] = set()
    for _ in range(PULL_PAGES_MAX):
        answer = ask(office, account, contract.LIST, contract.list_body(after, since))
        if answer.status in BUSY:
            raise Busy(answer)
        if wrong := contract.fault(answer):
            raise Refused(wrong, "invalid", "key")
        listed = contract.rows(answer)
        found = list({row.return_id: row for row in listed if row.return_id not in seen}.values())
        seen.update(row.return_id for row in found)
        last = not found or len(listed) < contract.SURE_LIMIT
        after = listed[-1].return_id if found else after
        yield Page(found, None if last else after)
        if last:
            return
