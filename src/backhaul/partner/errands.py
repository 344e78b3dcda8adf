"""The changes that are no commands to a parcel: people, keys, links, addresses. Each runs in the desk's transaction."""

from datetime import datetime, timedelta

import msgspec

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.journal import Letter, letter_row
from backhaul.kit.machine import Refused
from backhaul.kit.mail import is_address
from backhaul.kit.noticeboard import Mailbox
from backhaul.partner import access, breaker_store, notices, queries, store, tables
from backhaul.partner.rules import breaker
from backhaul.partner.rules.around import By
from backhaul.partner.rules.destinations import check_address, check_country
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.standing import Wanted
from backhaul.partner.rules.standing import check as check_rule
from backhaul.partner.rules.tariff import Tariff
from backhaul.partner.rules.words import LANGUAGES, BusinessType, LinkMode, LinkState, Role

SESSION_DAYS = 30
NAME_CHARACTERS_MAX = 64

_encode = msgspec.json.Encoder().encode


class NewCompany(msgspec.Struct, frozen=True):
    """What the sign-up form says. `password` is `keys.hash_password`, made outside the transaction."""

    login: str
    password: str
    name: str
    language: str
    company: str
    country: str


def sign_up(tx: Tx, form: NewCompany, token: str, policy: Policy, at: datetime) -> int:
    """A company and its first person, who gets a mail with `token` to confirm the address; the account's id."""
    login = form.login.strip().lower()
    if not is_address(login) or not form.company.strip() or not form.name.strip():
        raise Refused("form_incomplete", "invalid", "company" if is_address(login) else "login")
    if len(form.country) != 2 or not form.country.isupper():
        raise Refused("unknown_country", "invalid", "country")
    row = tx.one(store.INSERT_COMPANY, name=form.company.strip(), country=form.country, email=login)
    confirm_until_us = to_us(at + timedelta(days=policy.confirm_email_days))
    company_id = None if row is None else int(row[0])
    account_id = _insert_account(
        tx, login, form.password, Role.SELLER, form.name, form.language, company_id,
        owner=True, confirmation=keys.digest(token), confirm_until_us=confirm_until_us,
    )  # fmt: skip
    notice = notices.confirm_email(account_id, token, confirm_until_us)
    tables.board.send_only(tx, notice, f"confirm.{account_id}", Mailbox(login, form.language), to_us(at))
    return account_id


def confirm_email(tx: Tx, token: str, at: datetime) -> int:
    """The token from the mail, once: the account's id."""
    row = tx.one(store.CONFIRM_EMAIL, token=keys.digest(token), now_us=to_us(at))
    if row is None:
        raise Refused("confirmation_unknown_or_expired", "missing")
    return int(row[0])


def add_account(tx: Tx, login: str, hashed: str, role: Role, name: str, language: str, company_id: int | None = None, *,
                owner: bool = False) -> int | None:  # fmt: skip
    """A person of the partner, or one more of a company; None when the login is taken."""
    login = login.strip().lower()
    if (role is Role.SELLER) is (company_id is None):
        raise Refused("seller_needs_company", "invalid", "company_id")
    if tx.one(store.HAS_ACCOUNT, login=login) is not None:
        return None
    return _insert_account(tx, login, hashed, role, name, language, company_id, owner=owner)


def _insert_account(tx: Tx, login: str, hashed: str, role: Role, name: str, language: str, company_id: int | None, *,  # noqa: PLR0913 -- the columns
                    owner: bool, confirmation: bytes | None = None, confirm_until_us: int | None = None) -> int:  # fmt: skip
    if tx.one(store.HAS_ACCOUNT, login=login) is not None:
        raise Refused("login_taken", "conflict", "login")
    if language not in LANGUAGES:
        raise Refused("unknown_language", "invalid", "language")
    row = tx.one(store.INSERT_ACCOUNT, login=login, password=hashed, role=role, name=name.strip(), language=language,
                 company_id=company_id, owner=owner, email_confirmed=confirmation is None, confirmation=confirmation,
                 confirm_until_us=confirm_until_us, confirmed_us=None)  # fmt: skip
    return 0 if row is None else int(row[0])


def sign_in(tx: Tx, account: access.Account, token: str, at: datetime, former: str = "") -> None:
    """A session of 30 days for whoever confirmed the e-mail; old ones are cleared away, and the `former` one of the same browser."""
    if not account.email_confirmed:
        raise Refused("email_not_confirmed", "forbidden")
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
    if language not in LANGUAGES:
        raise Refused("unknown_language", "invalid", "language")
    tx.run(store.SET_LANGUAGE, account=account.id, to_language=language)


def change_password(tx: Tx, account: access.Account, hashed: str, token: str) -> None:
    """Another password for whoever is signed in with this session; all others of theirs end."""
    tx.run(store.SET_PASSWORD, account=account.id, hashed=hashed)
    end_sessions(tx, account.id, token)


def end_sessions(tx: Tx, account_id: int, kept: str = "") -> None:
    """Nobody is signed in as this account any more, or on the way to it, but with the session `kept`."""
    tx.run(store.END_OTHER_SESSIONS, account=account_id, kept=keys.digest(kept))
    tables.factors.end_steps(tx, account_id)


def mark_read(tx: Tx, account: access.Account, until: int) -> None:
    """This person has read everything up to a notice; colleagues have their own mark."""
    newest = tables.board.newest(tx, access.readers_of(tx, account), until)
    tx.run(store.MARK_READ, account=account.id, until=newest)


def create_key(tx: Tx, account: access.Account, name: str, role: str, key: keys.NewKey, policy: Policy,
               at: datetime) -> None:  # fmt: skip
    """Store the hash of a new key of the partner's API. Only the owner may; names are unique among active keys."""
    company_id = _owner(account)
    name = name.strip()
    if not name or len(name) > NAME_CHARACTERS_MAX:
        raise Refused("key_name_length", "invalid", "name", characters_max=NAME_CHARACTERS_MAX)
    if role not in {access.RETURNS, access.RETURNS_READ_ONLY}:
        raise Refused("unknown_key_role", "invalid", "role")
    active = [row[0] for row in tx.rows(store.ACTIVE_KEYS, company=company_id, now_us=to_us(at))]
    if name in active:
        raise Refused("key_name_taken", "conflict", "name")
    if len(active) >= policy.keys_max:
        raise Refused("too_many_keys", "conflict", keys_max=policy.keys_max)
    expires = at + timedelta(days=policy.key_valid_days)
    tx.run(store.INSERT_KEY, public_id=key.public_id, company_id=company_id, name=name, role=role, digest=key.digest,
           last4=key.last4, created_by=account.login, created_us=to_us(at), expires_us=to_us(expires),
           revoked_us=None)  # fmt: skip


def revoke_key(tx: Tx, account: access.Account, public_id: str, at: datetime) -> None:
    """A key stops working with the commit of this."""
    if tx.run(store.REVOKE_KEY, key=public_id, company=_owner(account), at_us=to_us(at)) != 1:
        raise Refused("not_found", "missing")


def add_destination(tx: Tx, account: access.Account, address: tuple[str, str, str, str], policy: Policy,
                    at: datetime) -> int:  # fmt: skip
    """A new (country, city, street, contact) of the company's book, to be confirmed by a second person; its id."""
    country, city, street, contact = address
    company_id = company_of(account)
    home = tx.one(store.COUNTRY, company=company_id)
    check_country(country, "" if home is None else home[0], policy)
    check_address(country, city, street)
    row = tx.one(store.INSERT_DESTINATION, company_id=company_id, country=country, city=city.strip(), street=street.strip(),
                 contact=contact.strip(), created_us=to_us(at), created_by=account.login, confirmed_us=None,
                 confirmed_by="")  # fmt: skip
    return 0 if row is None else int(row[0])


def confirm_destination(tx: Tx, account: access.Account, destination_id: int, at: datetime) -> None:
    """A supervisor of the partner, or another person of the company, vouches for an address (D20)."""
    row = tx.one(store.DESTINATION, id=destination_id)
    own = row is not None and account.role is Role.SELLER and row[0] == account.company_id
    if row is None or not (own or account.role is Role.SUPERVISOR):
        raise Refused("not_found", "missing")
    if row[1] == account.login:
        raise Refused("second_person_needed", "forbidden")
    tx.run(store.CONFIRM_DESTINATION, destination=destination_id, at_us=to_us(at), by_login=account.login)


class NewLink(msgspec.Struct, frozen=True):
    """What the marketplace's check has confirmed. `sealed_key` is the seller's key under `keys.Seal`."""

    seller_id: int
    seller_name: str
    business_type: BusinessType
    mode: LinkMode
    sealed_key: bytes
    expires_us: int
    platform: str = "marketplace"


def save_link(tx: Tx, account: access.Account, link: NewLink, at: datetime) -> None:
    """Link the company to a seller of the marketplace; a link that is there is replaced."""
    company_id = company_of(account)
    tx.run(store.DELETE_LINK, company=company_id, seller=link.seller_id)
    tx.run(store.INSERT_LINK, company_id=company_id, seller_id=link.seller_id, platform=link.platform,
           business_type=link.business_type, seller_name=link.seller_name, sealed_key=link.sealed_key, mode=link.mode,
           state=LinkState.ACTIVE, linked_us=to_us(at), checked_us=to_us(at), lost_us=None, expires_us=link.expires_us)  # fmt: skip


def unlink(tx: Tx, account: access.Account, seller_id: int) -> None:
    """Forget the key; the company sees nothing of this seller any more."""
    if tx.run(store.DELETE_LINK, company=company_of(account), seller=seller_id) != 1:
        raise Refused("not_found", "missing")


def add_rule(tx: Tx, account: access.Account, seller_id: int, wanted: Wanted, policy: Policy, at: datetime) -> int:
    """A standing rule for the units of a linked seller (P25); its id. It needs a link that may decide."""
    company_id = company_of(account)
    link = next((link for link in queries.links_of_company(tx, company_id) if link.seller_id == seller_id), None)
    home = tx.one(store.COUNTRY, company=company_id)
    if link is None or home is None:
        raise Refused("not_found", "missing")
    if link.mode != LinkMode.RETURNS:
        raise Refused("link_view_only", "forbidden")
    if link.state != LinkState.ACTIVE:
        raise Refused("authorization_lost", "forbidden")
    others = [row.rule for row in queries.rules_of_company(tx, company_id) if row.seller_id == seller_id]
    check_rule(wanted, others, home[0], policy)
    row = tx.one(store.INSERT_RULE, company_id=company_id, seller_id=seller_id, below_rub=wanted.below_rub,
                 sku=wanted.sku, reason=wanted.reason, made_us=to_us(at), made_by=account.login, ended_us=None,
                 is_defect=wanted.is_defect, through_key=False)  # fmt: skip
    return 0 if row is None else int(row[0])


def end_rule(tx: Tx, account: access.Account, rule_id: int, at: datetime) -> None:
    """A rule counts no more from now on; what it has decided stays decided."""
    if tx.run(store.END_RULE, rule=rule_id, company=company_of(account), at_us=to_us(at), by_login=account.login) != 1:
        raise Refused("not_found", "missing")


def propose_release(tx: Tx, account: access.Account, reason: str, policy: Policy, at: datetime) -> None:
    """A supervisor wants destruction to go on, or announces that much will come up (D9)."""
    it = breaker_store.reading(tx, at, policy)
    breaker_store.turn(tx, breaker.propose(it, reason, _supervisor(account), at))


def release(tx: Tx, account: access.Account, policy: Policy, at: datetime) -> None:
    """The second supervisor agrees."""
    breaker_store.turn(tx, breaker.release(breaker_store.reading(tx, at, policy), _supervisor(account), at, policy))


def register_marketplace(tx: Tx, marketplace_id: str, name: str, url: str, secret_in: bytes, secret_out: bytes) -> None:
    """Where letters go, and the sealed secrets of both directions."""
    if tx.one(store.HAS_MARKETPLACE, id=marketplace_id) is None:
        tx.run(
            store.INSERT_MARKETPLACE, id=marketplace_id, name=name, url=url, secret_in=secret_in, secret_out=secret_out
        )
    else:
        tx.run(store.MOVE_MARKETPLACE, marketplace=marketplace_id, to=url)


def put_terms(tx: Tx, kind: str, version: str, document: Policy | Tariff, valid_from: datetime,
              published_by: str = "", why: str = "", published_us: int = 0) -> None:  # fmt: skip
    """A new version of the `policy` or the `tariff`; published versions stay as they are."""
    tx.run(store.PUT_TERMS, kind=kind, version=version, valid_from_us=to_us(valid_from), doc=_encode(document),
           published_by=published_by, why=why, published_us=published_us)  # fmt: skip


def publish_terms(tx: Tx, document: Policy | Tariff, valid_from: datetime, by: By, why: str, at: datetime, *,
                  seen: str) -> str:  # fmt: skip
    """The next version of the policy or the tariff, by its name: who published it, when, why, and from when it holds.

    `seen`: how many versions there were when its author looked. Nobody writes over a version that nobody read.
    """
    kind = "tariff" if isinstance(document, Tariff) else "policy"
    if by.role is not Role.SUPERVISOR:
        raise Refused("not_your_role", "forbidden", role=by.role)
    if seen != str(tables.shelf.count(tx, kind)):
        raise Refused(f"{kind}_changed", "conflict")
    version = str(store.take_number(tx, kind, 2))
    if isinstance(document, Tariff):
        document = msgspec.structs.replace(document, version=version)
    put_terms(tx, kind, version, document, valid_from, by.id, why, to_us(at))
    return version


def company_of(account: access.Account) -> int:
    """The company of a seller's person; `Refused` for anybody else."""
    if account.role is not Role.SELLER or account.company_id is None:
        raise Refused("not_your_role", "forbidden", role=account.role)
    return account.company_id


def _supervisor(account: access.Account) -> str:
    if account.role is not Role.SUPERVISOR:
        raise Refused("not_your_role", "forbidden", role=account.role)
    return account.login


def _owner(account: access.Account) -> int:
    if not account.owner:
        raise Refused("owner_only", "forbidden")
    return company_of(account)


def announce(tx: Tx, letter: Letter, seller_id: int, at: datetime) -> None:
    """A letter about a seller, not about a parcel: its case is the negative seller id, so that such letters keep their order."""
    seq = store.take_number(tx, "announcement", 1)
    row = letter_row(letter, f"msg_link_{seller_id}_{seq}", -seller_id, seq, to_us(at))
    tables.journal.write(tx, [], [], [row], [])
