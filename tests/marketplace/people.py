"""People of a marketplace with an account each, and clients of API v1 that speak for them, for keys, or for nobody."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

import httpx2

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.marketplace import access, errands, users
from backhaul.marketplace.rules.words import Rights, Role
from tests.marketplace.cast import ANADOLU, IRINA, LUMITEK, OLEG, Market, served

PEOPLE = (
    ("elif", Role.SELLER, str(ANADOLU), True),
    ("umut", Role.SELLER, str(ANADOLU), False),
    ("aysel", Role.SELLER, str(ANADOLU), False),
    ("chen", Role.SELLER, str(LUMITEK), True),
    ("zhao", Role.SELLER, str(LUMITEK), False),
    ("irina", Role.CUSTOMER, IRINA.subject, False),
    ("pavel", Role.CUSTOMER, "C-1002", False),
    ("oleg", Role.CLERK, OLEG.subject, False),
    ("nadia", Role.MODERATOR, "", False),
    ("marina", Role.SUPPORT, "", False),
)
LOGINS = frozenset(login for login, *_ in PEOPLE)
ANALYSTS = {"aysel": "elif", "zhao": "chen"}  # who may only read, and the owner who says so

Call = Callable[[str], httpx2.Client]


def account(tx: Tx, login: str) -> access.Account:
    row = tx.one(access.LOGIN, login=login)
    assert row is not None
    return access.account_of(row[:-1])


def let_in(tx: Tx, _: datetime) -> None:
    for login, role, subject, owner in PEOPLE:
        errands.add_account(tx, login, "no password", role, subject, login.title(), "en", owner=owner)
    for analyst, owner_login in ANALYSTS.items():
        number = account(tx, analyst).id
        users.set_rights(tx, account(tx, owner_login), number, Rights.ANALYST, manages_keys=False)


def session(shop: Market, login: str) -> str:
    """Sign in without the password, which is not what is tried here; the token."""
    token = keys.session_token(shop.office.chance)
    shop.errand(lambda tx, at: errands.sign_in(tx, account(tx, login), token, at))
    return token


@contextmanager
def calling(shop: Market) -> Iterator[Call]:
    """A client for a login, for a token as it is, or for nobody (an empty one)."""
    with served(shop) as url, ExitStack() as clients:

        def client(who: str) -> httpx2.Client:
            made = clients.enter_context(httpx2.Client(base_url=url, timeout=30))
            token = session(shop, who) if who in LOGINS else who
            if token:
                made.headers["authorization"] = f"Bearer {token}"
            return made

        yield client


def told(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
