"""Under which names a person reads notices, how far they have read, and where these names get mail."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.noticeboard import Mailbox, Mailboxes
from backhaul.marketplace import tables as t
from backhaul.marketplace.access import Account
from backhaul.marketplace.rules.words import Role

MAILBOXES_OF_CUSTOMERS = Statement(
    sa.select(t.customers.c.ref, t.customers.c.email, t.customers.c.language)
    .where(among(t.customers.c.ref, "refs"), t.customers.c.email != "")
)  # fmt: skip
MAILBOXES_OF_SELLERS = Statement(
    sa.select(t.accounts.c.subject, t.accounts.c.owner, t.accounts.c.email, t.accounts.c.language)
    .where(
        among(t.accounts.c.subject, "subjects"),
        t.accounts.c.role == Role.SELLER.value,
        t.accounts.c.ended_us.is_(None),
        t.accounts.c.email != "",
    )
    .order_by(t.accounts.c.id)
)  # fmt: skip
_post = sa.select(t.accounts.c.subject, t.accounts.c.email, t.accounts.c.language).where(
    t.accounts.c.role == bindparam("role"), t.accounts.c.ended_us.is_(None), t.accounts.c.email != ""
)
MAILBOXES_OF_CLERKS = Statement(_post.where(among(t.accounts.c.subject, "points")).order_by(t.accounts.c.id))
MAILBOXES_OF_ROLE = Statement(_post.order_by(t.accounts.c.id).limit(500))
MAILBOXES_OF_ACCOUNTS = Statement(
    sa.select(t.accounts.c.id, t.accounts.c.email, t.accounts.c.language)
    .where(among(t.accounts.c.id, "ids"), t.accounts.c.ended_us.is_(None), t.accounts.c.email != "")
)  # fmt: skip
CORRESPONDENCE = Statement(
    sa.select(t.accounts.c.messages_read, t.accounts.c.email).where(t.accounts.c.id == bindparam("account"))
)


def readers_of(account: Account) -> tuple[str, ...]:
    """The names under which a person is told things."""
    own = reader_of(account)
    match account.role:
        case Role.CUSTOMER:
            return (own,)
        case Role.SELLER if account.owner:
            return (f"seller:{account.subject}", f"owner:{account.subject}", own)
        case Role.SELLER:
            return (f"seller:{account.subject}", own)
        case Role.CLERK:
            return (f"role:{account.role}", f"point:{account.subject}", own)
        case _:
            return (f"role:{account.role}", own)


def reader_of(account: Account) -> str:
    """The name under which nobody else is told: what is about the account itself. A customer is one person, and erased under that name."""
    return f"customer:{account.subject}" if account.role is Role.CUSTOMER else f"account:{account.id}"


def mailboxes(tx: Tx, readers: Sequence[str]) -> Mailboxes:
    """Where these readers get mail; nobody without an address."""
    found: dict[str, list[Mailbox]] = {}
    refs = [name.removeprefix("customer:") for name in readers if name.startswith("customer:")]
    for ref, email, language in tx.rows(MAILBOXES_OF_CUSTOMERS, refs=refs) if refs else []:
        found.setdefault(f"customer:{ref}", []).append(Mailbox(email, language))
    subjects = sorted({name.partition(":")[2] for name in readers if name.startswith(("seller:", "owner:"))})
    for subject, owner, email, language in tx.rows(MAILBOXES_OF_SELLERS, subjects=subjects) if subjects else []:
        for name in (f"seller:{subject}", f"owner:{subject}") if owner else (f"seller:{subject}",):
            found.setdefault(name, []).append(Mailbox(email, language))
    points = [name.removeprefix("point:") for name in readers if name.startswith("point:")]
    for point, email, language in tx.rows(MAILBOXES_OF_CLERKS, role=Role.CLERK, points=points) if points else []:
        found.setdefault(f"point:{point}", []).append(Mailbox(email, language))
    ids = [int(name.removeprefix("account:")) for name in readers if name.startswith("account:")]
    for account_id, email, language in tx.rows(MAILBOXES_OF_ACCOUNTS, ids=ids) if ids else []:
        found[f"account:{account_id}"] = [Mailbox(email, language)]
    for role in [name.removeprefix("role:") for name in readers if name.startswith("role:")]:
        boxes = [Mailbox(email, language) for _, email, language in tx.rows(MAILBOXES_OF_ROLE, role=role)]
        found[f"role:{role}"] = boxes
    return found


def read_until(tx: Tx, account_id: int) -> int:
    """The newest notice that this person has marked as read."""
    row = tx.one(CORRESPONDENCE, account=account_id)
    return 0 if row is None else int(row[0])


def address_of(tx: Tx, account: Account) -> str:
    """Where this person's mail goes: a customer's address is that of the orders."""
    boxes = mailboxes(tx, [f"customer:{account.subject}"]) if account.role is Role.CUSTOMER else {}
    for box in (box for found in boxes.values() for box in found):
        return box.address
    row = tx.one(CORRESPONDENCE, account=account.id)
    return "" if row is None else str(row[1])
