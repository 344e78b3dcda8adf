"""How somebody gets in: login and password, a second factor, a session; and who must have a second factor here."""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.kit.second_factor_doors import Doors, Req, address_of
from backhaul.marketplace import access, errands, mailboxes, users
from backhaul.marketplace import tables as t
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.words import Role

SESSION_COOKIE = "marketplace_session"
ISSUER = "Backhaul Marketplace"
STAFF = (Role.MODERATOR, Role.SUPPORT)
OF_ID = Statement(
    sa.select(*access.ACCOUNT_COLUMNS).where(t.accounts.c.id == bindparam("account"), t.accounts.c.ended_us.is_(None))
)

STAFF_MAX = 500
ALL_STAFF = Statement(
    sa.select(*access.ACCOUNT_COLUMNS, t.factors.factors.c.since_us)
    .outerjoin(t.factors.factors, t.factors.factors.c.account_id == t.accounts.c.id)
    .where(among(t.accounts.c.role, "roles"), t.accounts.c.ended_us.is_(None))
    .order_by(t.accounts.c.role, t.accounts.c.subject, t.accounts.c.id)
    .limit(STAFF_MAX)
)


def must_have_second_factor(office: Office, account: access.Account) -> bool:
    """Whether the policy lets this person work only with a second factor."""
    return account.role in STAFF and office.house.terms.policy.staff_second_factor


def account_of_session(office: Office, tx: Tx, token: str) -> access.Account | None:
    """Whose session this is, while it lasts; nobody's while its person owes a second factor: that is set up by signing in anew."""
    account = access.account_of_session(tx, token, office.clock.now())
    if account is None or not must_have_second_factor(office, account) or t.factors.is_on(tx, account.id):
        return account
    return None


def proven(office: Office, request: Req, login: str, password: str) -> access.Account | None:
    """Whose login and password these are; `Refused` when they were tried too often. Every look at a password of ours goes this way."""
    with office.sign_ins.trying(login, address_of(request)) as fitted:
        with office.database.read() as tx:
            account = access.account_of_login(tx, login, password)
            halfway = account is not None and t.factors.is_on(tx, account.id)
        if account is not None:
            fitted(halfway=halfway)
        return account


def doors(office: Office) -> Doors:
    """What pages and API do with second factors, for this house."""
    return Doors(
        office=office,
        factors=t.factors,
        issuer=ISSUER,
        session=SESSION_COOKIE,
        lasts=timedelta(days=errands.SESSION_DAYS),
        must=lambda account: must_have_second_factor(office, account),
        of_id=_of_id,
        of_login=of_login,
        caller=_at_their_own,
        reader=mailboxes.reader_of,
        sign_in=errands.sign_in,
        end_sessions=users.end_sessions,
        staff=_staff,
        proven=lambda request, login, password: proven(office, request, login, password),
    )


def _at_their_own(account: access.Account) -> access.Known:
    """An analyst changes nothing of the seller's, but has a second factor like everybody."""
    return access.Known(msgspec.structs.replace(account.by(), writes=True))


def of_login(tx: Tx, login: str) -> access.Account | None:
    """The account that signs in so, while it may."""
    row = tx.one(access.LOGIN, login=login.strip().lower())
    return None if row is None else access.account_of(row[:-1])


def _staff(tx: Tx) -> list[tuple[access.Account, datetime | None]]:
    rows = tx.rows(ALL_STAFF, roles=list(STAFF))
    return [(access.account_of(row[:-1]), None if row[-1] is None else from_us(row[-1])) for row in rows]


def _of_id(tx: Tx, account_id: int) -> access.Account | None:
    row = tx.one(OF_ID, account=account_id)
    return None if row is None else access.account_of(row)
