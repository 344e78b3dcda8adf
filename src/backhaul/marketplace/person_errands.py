"""Erasing a person: asked for, held while the law says so, done at once otherwise; and done anew in a database that came out of a backup.

Words go with the key that opens them, wherever they stand. What is left names a pseudonym that leads to nobody: returns, their chained
events, the ledger and payments. Each runs inside the desk's transaction; files go after its commit (`erasing`).
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from backhaul.kit.database import Tx
from backhaul.kit.desk import Desk
from backhaul.kit.machine import Refused
from backhaul.kit.sealed_words import PREFIX
from backhaul.marketplace import block_queries, person_queries, person_store, retention, store
from backhaul.marketplace.perform import give
from backhaul.marketplace.person_queries import Asked
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.erasure import Destroyed, Erasure, State, holds, is_draft
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

LOOK_AGAIN = timedelta(days=1)
FIRST_ERASURE_ID = 1


def ask(tx: Tx, desk: Desk[Return], ref: str, by: str, at: datetime) -> Asked:
    """Somebody asks to be erased; who has asked already is looked at again, who is erased and has not bought since is told so."""
    known = person_queries.newest_of(tx, ref)
    if not person_queries.is_held(tx, ref):
        if known is None:
            raise Refused("not_found", "missing")
        return known
    if not person_queries.key_id(tx, ref):
        person_store.make_keys(tx, [ref])  # the tombstone names one
    if known is None or known.state is not State.HELD:
        number = store.take_number(tx, "erasure", FIRST_ERASURE_ID)
        person_store.ask(tx, number, ref, person_queries.key_id(tx, ref), by, at)
    else:
        number = known.id
    return attempt(tx, desk, number, at)


def withdraw(tx: Tx, ref: str, at: datetime) -> Asked:
    """Who asked to be erased has changed their mind while something held it. That they asked stays written."""
    known = person_queries.waiting(tx, ref)
    if known is None:
        raise Refused("no_erasure_waits")
    it = replace(known.it, withdrawn_at=at)
    person_store.move(tx, known.id, State.WITHDRAWN, it, None, None)
    return replace(known, state=State.WITHDRAWN, it=it)


def attempt(tx: Tx, desk: Desk[Return], number: int, at: datetime, *, in_spite: bool = False) -> Asked:
    """Erase, or write down what stands in the way. `in_spite`: it was done once, and a backup has brought the person back."""
    asked = person_queries.erasure(tx, number)
    if asked is None:
        raise Refused("not_found", "missing")
    if asked.state is State.WITHDRAWN and not in_spite:
        return asked
    returns = list(person_queries.returns(tx, asked.customer_ref))
    blocks = block_queries.of_customer(tx, asked.customer_ref)
    in_the_way = () if in_spite else holds(returns, blocks, at)
    if in_the_way:
        person_store.move(tx, number, State.HELD, Erasure(in_the_way), at + LOOK_AGAIN, None)
    else:
        _withdraw_drafts(tx, desk, returns, at)
        it = _destroyed(tx, asked, returns, at)
        person_store.move(tx, number, State.FILES, it, at, at if asked.erased_at is None else asked.erased_at)
    found = person_queries.erasure(tx, number)
    return asked if found is None else found


def is_here(tx: Tx, ref: str, key_id: str, *, by_reference: bool = False) -> bool:
    """Whether somebody who was erased is here again, brought by a backup, and not a customer of later, whose key is another.

    `by_reference`: also under another key, where nothing is known of the erasure: a backup of before persons had keys, who were given some now.
    """
    key = person_queries.key_id(tx, ref)
    if key and key == key_id:
        return True
    is_there = person_queries.is_held(tx, ref) and (not key or by_reference)
    return is_there and not person_queries.was_erased(tx, ref, key_id)


def again(tx: Tx, desk: Desk[Return], ref: str, key_id: str, erased_at: datetime, at: datetime) -> Asked:
    """Erase somebody whom a backup has brought back."""
    known = person_queries.newest_of(tx, ref)
    if known is not None and known.key_id == key_id:
        return attempt(tx, desk, known.id, at, in_spite=True)
    number = store.take_number(tx, "erasure", FIRST_ERASURE_ID)
    person_store.ask(tx, number, ref, key_id, "backup", erased_at)
    return attempt(tx, desk, number, at, in_spite=True)


def _withdraw_drafts(tx: Tx, desk: Desk[Return], returns: list[Return], at: datetime) -> None:
    """Before the words go: by their customer, as long as they may; what is overdue is the calendar's."""
    for it in returns:
        if is_draft(it) and (it.act_by is None or at < it.act_by):
            give(tx, desk, it.id, do.Cancel(), By(Role.CUSTOMER, it.customer_ref, it.customer_ref), at)


def _destroyed(tx: Tx, asked: Asked, returns: list[Return], at: datetime) -> Erasure:
    """Everything of a person in the database goes; the files that are still to go."""
    ref = asked.customer_ref
    address = person_queries.address(tx, ref) or ""
    logins, sessions = person_store.delete_accounts(tx, ref)
    ids = [it.id for it in returns]
    cases = [(it, retention.of_the_customer(tx, it, person_store.files_shown(tx, it))) for it in ids]
    files = person_store.files_of(tx, cases, f"customer:{ref}", at)
    mails = person_store.delete_mails(tx, address)
    destroyed = Destroyed(
        accounts=len(logins),
        sessions=sessions,
        messages=tx.run(person_store.DELETE_NOTICES, reader=f"customer:{ref}"),
        mails=len(mails),
        letters=tx.run(person_store.EMPTY_LETTERS, ids=ids),
        orders=person_store.strip_orders(tx, ref),
        reports=person_store.withdraw_reports(tx, {it.seller_id for it in returns}, at),
        files=tuple(files),
        returns_kept=len(returns),
        open_words=sum(_is_open(it.comment) + _is_open(it.dispute_comment) for it in returns),
    )
    tx.run(person_store.DESTROY_KEY, customer=ref)
    tx.run(person_store.DELETE_CUSTOMER, customer=ref)
    return Erasure(destroyed=destroyed, mails=tuple(mails), again=asked.it.again + (asked.erased_at is not None))


def _is_open(text: str) -> bool:
    return bool(text) and not text.startswith(PREFIX)
