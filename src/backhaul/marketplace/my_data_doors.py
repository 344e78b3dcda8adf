"""What the page *Your data* and API v1 share: whose data, all of it as a file, and the asking to be erased."""

import os
import tempfile
from datetime import datetime
from pathlib import Path

from anyio import to_thread
from litestar.background_tasks import BackgroundTask
from litestar.response import File

from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, block_queries, customer_data, person_errands, person_queries
from backhaul.marketplace.doors import Req, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.person_queries import Asked
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.erasure import Hold, holds
from backhaul.marketplace.rules.recipients import Received
from backhaul.marketplace.rules.words import Role

PASSWORD_CHARACTERS_MAX = 200

__all__ = ["Hold", "Received", "customer_of", "erase", "file_of", "in_the_way"]


def customer_of(by: By) -> str:
    """The page is for customers; which one asks."""
    if by.role is not Role.CUSTOMER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by.subject


def in_the_way(tx: Tx, ref: str, at: datetime) -> tuple[Hold, ...]:
    """What would hold an erasure now."""
    return holds(person_queries.returns(tx, ref), block_queries.of_customer(tx, ref), at)


def file_of(office: Office, by: By, language: str) -> File:
    """The ZIP, made beside the database and taken away when it was sent."""
    customer_of(by)
    handle, name = tempfile.mkstemp(suffix=".zip")
    os.close(handle)
    path = Path(name)
    try:
        with office.database.read() as tx:
            customer_data.packed(tx, office, by, language, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return File(
        path, filename="my-data.zip", media_type="application/zip", headers={"cache-control": "no-store"},
        background=BackgroundTask(path.unlink, missing_ok=True),
    )  # fmt: skip


async def erase(office: Office, request: Req, account: access.Account, password: str, key: str | None) -> Asked:
    """Ask for the erasure of who is signed in, whose password says that it is them."""
    ref = customer_of(account.by())

    def fits() -> bool:
        with office.database.read() as tx:
            return access.account_of_login(tx, account.login, password[:PASSWORD_CHARACTERS_MAX]) is not None

    proven = await to_thread.run_sync(fits)

    def run(tx: Tx, at: datetime) -> bytes:
        if not proven:
            raise Refused("password_wrong", "invalid", "password")
        return str(person_errands.ask(tx, ref, f"customer:{ref}", at).id).encode()

    answer = await office.desk.perform(persons_errand(request, account, run, key, "erase"))

    def now_is(number: int) -> Asked:
        with office.database.read() as tx:
            found = person_queries.erasure(tx, number)
        if found is None:
            raise Refused("not_found", "missing")
        return found

    def finished() -> Asked:
        asked = now_is(int(answer.body))
        office.erasing.finish(asked)
        return now_is(asked.id)

    return await to_thread.run_sync(finished)
