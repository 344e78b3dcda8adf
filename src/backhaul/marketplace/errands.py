"""The changes that are not commands to a return: accounts, sessions, settings, orders. Each runs inside the desk's transaction."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy import bindparam

from backhaul.kit import keys
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.kit.mail import is_address
from backhaul.marketplace import access, mailboxes, person_store, queries, rate_store, store, term_queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.order_faults import Conflict, Imported
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rules.catalogues import RejectionReasons, ReturnReasons
from backhaul.marketplace.rules.compensation import RateCard
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.exchange import CURRENCIES, ROUBLE
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.rule_cards import RuleBook, faults
from backhaul.marketplace.rules.words import Role, Route

SESSION_DAYS = 30

Document = Policy | RateCard | RuleBook | ReturnReasons | RejectionReasons

_encode = msgspec.json.Encoder().encode

KNOWN_SELLERS = Statement(sa.select(t.sellers.c.id, t.sellers.c.country).where(among(t.sellers.c.id, "ids")))
KNOWN_CUSTOMERS = Statement(sa.select(t.customers.c.ref).where(among(t.customers.c.ref, "refs")))
KNOWN_LINES = Statement(
    sa.select(
        t.order_lines.c.posting_number,
        t.order_lines.c.line_number,
        t.order_lines.c.seller_id,
        t.order_lines.c.customer_ref,
    ).where(among(t.order_lines.c.posting_number, "postings"))
)
INSERT_SELLER = Statement(t.sellers.insert())
INSERT_CUSTOMER = Statement(t.customers.insert())
INSERT_LINE = Statement(t.order_lines.insert())
INSERT_UNIT = Statement(t.units.insert())
NAME_SELLER = Statement(t.sellers.update().where(t.sellers.c.id == bindparam("seller")).values(name=bindparam("to")))
HAS_ACCOUNT = Statement(sa.select(t.accounts.c.id).where(t.accounts.c.login == bindparam("login")))
CLERK = Statement(
    sa.select(t.accounts.c.id).where(t.accounts.c.login == bindparam("login"), t.accounts.c.role == Role.CLERK.value)
)
_account_values: dict[str, object] = {
    c.name: bindparam(c.name) for c in t.accounts.columns if c.name not in {"id", "messages_read"}
}
INSERT_ACCOUNT = Statement(t.accounts.insert().values(_account_values))
HAS_POINT = Statement(sa.select(t.points.c.id).where(t.points.c.id == bindparam("id")))
INSERT_POINT = Statement(t.points.insert())
HAS_PARTNER = Statement(sa.select(t.partners.c.id).where(t.partners.c.id == bindparam("id")))
INSERT_PARTNER = Statement(t.partners.insert())
MOVE_PARTNER = Statement(t.partners.update().where(t.partners.c.id == bindparam("partner")).values(url=bindparam("to")))


def import_lines(tx: Tx, lines: Sequence[OrderLine], policy: Policy | None = None) -> Imported:
    """Load order lines that are not there yet, with their sellers, customers and units.

    A posting stays with the seller and the customer it came with, a seller with the country: a line that says otherwise
    is refused, whether the other one came with these lines or earlier. A line without a price in roubles is converted.
    """
    tx.by_index()  # in the middle of a large file nobody has counted yet what it brought
    lines, unpriced = rate_store.converted(tx, lines, (policy or Policy()).exchange_rate_days_max)
    known = list(tx.rows(KNOWN_LINES, postings=sorted({line.posting_number for line in lines})))
    countries = dict(tx.rows(KNOWN_SELLERS, ids=sorted({line.seller_id for line in lines})))
    owners = {row[0]: (row[2], row[3]) for row in known}
    there = {(row[0], row[1]) for row in known}
    sellers_there, fresh, conflicts = set(countries), list[OrderLine](), list[Conflict]()
    for place, line in enumerate(lines):
        key = (line.posting_number, line.line_number)
        found = [unpriced[place]] if place in unpriced and key not in there else []
        found += _conflicts(place, line, owners, countries)
        if not found:
            owners[line.posting_number] = line.seller_id, line.customer_ref
            countries[line.seller_id] = line.seller_country
            fresh += [line] if key not in there else []
            there.add(key)
        conflicts += found
    if fresh:
        _insert_lines(tx, fresh, sellers_there)
    return Imported(len(fresh), conflicts)


def _conflicts(place: int, line: OrderLine, owners: Mapping[str, tuple[int, str]],
               countries: Mapping[int, str]) -> Iterator[Conflict]:  # fmt: skip
    seller_id, customer_ref = owners.get(line.posting_number, (line.seller_id, line.customer_ref))
    if line.seller_id != seller_id:
        yield Conflict(place, "seller_id", "posting_of_another_seller")
    if line.customer_ref != customer_ref:
        yield Conflict(place, "customer_ref", "posting_of_another_customer")
    if line.seller_country != countries.get(line.seller_id, line.seller_country):
        yield Conflict(place, "seller_country", "seller_of_another_country")


def _insert_lines(tx: Tx, fresh: Sequence[OrderLine], sellers_there: set[int]) -> None:
    countries = {line.seller_id: line.seller_country for line in fresh if line.seller_id not in sellers_there}
    tx.many(INSERT_SELLER, [_new_seller(seller_id, country) for seller_id, country in sorted(countries.items())])
    customers = {line.customer_ref: line for line in fresh}
    for row in tx.rows(KNOWN_CUSTOMERS, refs=sorted(customers)):
        del customers[row[0]]
    tx.many(INSERT_CUSTOMER, [
        {"ref": ref, "email": line.customer_email, "language": line.customer_language}
        for ref, line in sorted(customers.items())
    ])  # fmt: skip
    person_store.make_keys(tx, customers)
    first = store.take_number(tx, "order_line", 1, len(fresh))
    tx.many(INSERT_LINE, [_line_row(first + n, line) for n, line in enumerate(fresh)])
    tx.many(INSERT_UNIT, [
        {"line_id": first + n, "unit_no": unit_no, "return_id": None}
        for n, line in enumerate(fresh)
        for unit_no in range(1, line.quantity + 1)
    ])  # fmt: skip


def _new_seller(seller_id: int, country: str) -> dict[str, object]:
    return {
        "id": seller_id, "name": str(seller_id), "country": country, "linked": False, "default_route": "",
        "moderation_ticket": "", "moderation_price_version": "", "moderation_rules": "", "payout_currency": ROUBLE,
    }  # fmt: skip


def _line_row(line_id: int, line: OrderLine) -> dict[str, object]:
    return {
        "id": line_id, "posting_number": line.posting_number, "line_number": line.line_number,
        "seller_id": line.seller_id, "customer_ref": line.customer_ref, "delivered_us": line.delivered_at_us,
        "quantity": line.quantity, "doc": _encode(replace(line, customer_email="")), "sku": line.sku, "category": line.category,
    }  # fmt: skip


def add_account(tx: Tx, login: str, hashed: str, role: Role, subject: str, name: str, language: str, *,  # noqa: PLR0913 -- the columns
                owner: bool = False, email: str = "") -> bool:  # fmt: skip
    """A person who signs in, `email` gets the messages; False when the login is taken. `hashed` is `keys.hash_password`, made outside the transaction."""
    login = login.strip().lower()
    if tx.one(HAS_ACCOUNT, login=login) is not None:
        return False
    tx.run(INSERT_ACCOUNT, login=login, password=hashed, role=role, subject=subject, name=name, language=language,
           owner=owner, reads_only=False, manages_keys=False, ended_us=None, customer_ref="",
           email=_address(email))  # fmt: skip
    return True


def name_customer_of_clerk(tx: Tx, login: str, customer_ref: str) -> None:
    """What a clerk buys under, so that they never handle their own order; empty takes it away."""
    account = tx.one(CLERK, login=login.strip().lower())
    if account is None:
        raise Refused("clerk_unknown", "invalid", "login", login=login)
    if customer_ref and not tx.rows(KNOWN_CUSTOMERS, refs=[customer_ref]):
        raise Refused("customer_unknown", "invalid", "customer_ref", customer_ref=customer_ref)
    tx.run(store.SET_CUSTOMER_REF, account_login=login.strip().lower(), to=customer_ref)


def name_seller(tx: Tx, seller_id: int, name: str) -> None:
    """A seller's shop name, shown beside the id."""
    tx.run(NAME_SELLER, seller=seller_id, to=name)


def add_point(tx: Tx, point_id: str, kind: str, address: str) -> None:
    """A pick-up point (`pickup`) or the sorting point (`sorting`)."""
    if tx.one(HAS_POINT, id=point_id) is None:
        tx.run(INSERT_POINT, id=point_id, kind=kind, address=address)


def register_partner(tx: Tx, partner_id: str, name: str, url: str, secret_in: bytes, secret_out: bytes) -> None:
    """A logistics partner: where its events go and the sealed secrets of both directions."""
    if tx.one(HAS_PARTNER, id=partner_id) is None:
        tx.run(INSERT_PARTNER, id=partner_id, name=name, url=url, secret_in=secret_in, secret_out=secret_out)
    else:
        tx.run(MOVE_PARTNER, partner=partner_id, to=url)


def sign_in(tx: Tx, account: access.Account, token: str, at: datetime, former: str = "") -> None:
    """A session of 30 days; old ones are cleared away, and the `former` one of the same browser."""
    tx.run(store.DELETE_OLD_SESSIONS, now_us=to_us(at))
    if former:
        sign_out(tx, former)
    until = at + timedelta(days=SESSION_DAYS)
    tx.run(store.INSERT_SESSION, digest=keys.digest(token), account_id=account.id, until_us=to_us(until))


def sign_out(tx: Tx, token: str) -> None:
    """End a session on the server."""
    tx.run(store.DELETE_SESSION, session=keys.digest(token))


def set_language(tx: Tx, account: access.Account, language: str) -> None:
    """Remember the language a person reads."""
    tx.run(store.SET_LANGUAGE, account=account.id, to_language=language)


def set_email(tx: Tx, account: access.Account, email: str) -> None:
    """Where a person's messages go; nowhere when it is empty. A customer's address comes with the orders."""
    if account.role is Role.CUSTOMER:
        raise Refused("email_of_orders", "forbidden", "email")
    tx.run(store.SET_EMAIL, account=account.id, to_email=_address(email))


def mark_read(tx: Tx, account: access.Account, until: int) -> None:
    """This person has read everything up to a notice; colleagues have their own mark."""
    newest = t.board.newest(tx, mailboxes.readers_of(account), until)
    tx.run(store.MARK_READ, account=account.id, until=newest)


def _address(email: str) -> str:
    email = email.strip()
    if email and not is_address(email):
        raise Refused("email_invalid", "invalid", "email")
    return email


def set_default_route(tx: Tx, account: access.Account, route: Route | None) -> None:
    """Where this seller's returns go when nothing else is chosen."""
    seller = queries.seller(tx, _owner(account))
    if route is not None and (seller is None or seller.country != "TR"):
        raise Refused("route_not_yours_to_choose", "invalid", "route")
    tx.run(store.SET_ROUTE, seller=_owner(account), to=route or "")


def set_payout_currency(tx: Tx, account: access.Account, currency: str) -> None:
    """In which currency compensation and claims of this seller are paid out from now on."""
    if currency not in (ROUBLE, *CURRENCIES):
        raise Refused("unknown_currency", "invalid", "payout_currency", known=[ROUBLE, *CURRENCIES])
    tx.run(store.SET_PAYOUT_CURRENCY, seller=_owner(account), to=currency)


def switch_moderation(tx: Tx, by: By, seller_id: int, ticket: str, price_version: str, rules: str) -> None:
    """On: by support with a ticket. Off (empty ticket): by the seller alone. Consent to a price is the seller's."""
    if by.role is Role.SELLER and (str(seller_id) != by.subject or ticket):
        raise Refused("moderation_is_switched_on_by_support", "forbidden")
    if by.role not in (Role.SELLER, Role.SUPPORT):
        raise Refused("not_your_role", "forbidden", role=by.role)
    if by.role is Role.SUPPORT and not ticket:
        raise Refused("ticket_needed", "invalid", "ticket")
    if by.role is Role.SUPPORT and not rules:
        raise Refused("rules_needed", "invalid", "rules")
    changed = tx.run(store.SET_MODERATION, seller=seller_id, moderation_ticket=ticket,
                     moderation_price_version=price_version, moderation_rules=rules)  # fmt: skip
    if changed != 1:
        raise Refused("not_found", "missing")


def consent_to_price(tx: Tx, account: access.Account, seen: str, in_force: str) -> None:
    """The seller agrees to pay for the pre-moderation from now on, by the price that stood on the page (P23)."""
    seller = queries.seller(tx, _owner(account))
    if seller is None or not seller.moderation_ticket:
        raise Refused("moderation_is_switched_on_by_support")
    if seen != in_force:
        raise Refused("price_changed")
    tx.run(store.SET_MODERATION, seller=seller.id, moderation_ticket=seller.moderation_ticket,
           moderation_price_version=seen, moderation_rules=seller.moderation_rules)  # fmt: skip


def link_seller(tx: Tx, seller_id: int, *, linked: bool) -> None:
    """The partner says that an account of its is linked to this seller, or no longer."""
    if tx.run(store.SET_LINKED, seller=seller_id, to=linked) != 1:
        raise Refused("not_found", "missing")


def put_terms(tx: Tx, kind: str, version: str, document: Document, valid_from: datetime,
              published_by: str = "", why: str = "", published_us: int = 0) -> None:  # fmt: skip
    """A new version of the policy, a card or a catalogue; published versions stay as they are."""
    if isinstance(document, RuleBook) and (wrong := faults(document, term_queries.known_rejections(tx))):
        raise Refused("rule_cards_invalid", "invalid", faults=wrong)
    tx.run(store.PUT_TERMS, kind=kind, version=version, valid_from_us=to_us(valid_from), doc=_encode(document),
           published_by=published_by, why=why, published_us=published_us)  # fmt: skip


def _owner(account: access.Account) -> int:
    if account.role is not Role.SELLER or not account.owner:
        raise Refused("owner_only", "forbidden")
    return int(account.subject)
