"""What the page *Your data* and API v1 share: whose data, all of it as a file, and the asking to be erased."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import IO

import msgspec
from anyio import to_thread
from litestar.response import Stream

from backhaul.kit import second_factor_changes
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor import TYPED_CHARACTERS_MAX
from backhaul.marketplace import access, block_queries, customer_data, person_errands, person_queries, users
from backhaul.marketplace.doors import Req, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.person_queries import Asked
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.erasure import Hold, holds
from backhaul.marketplace.rules.recipients import Received
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.signing_in import doors, proven
from backhaul.marketplace.tables import factors

PIECE_BYTES = 64 * 1024

LOG = logging.getLogger("backhaul.marketplace.erasing")

__all__ = ["Hold", "Received", "customer_of", "erase", "file_of", "in_the_way", "withdraw"]


def customer_of(by: By) -> str:
    """The page is for customers; which one asks."""
    if by.role is not Role.CUSTOMER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by.subject


def in_the_way(tx: Tx, ref: str, at: datetime) -> tuple[Hold, ...]:
    """What would hold an erasure now."""
    return holds(person_queries.returns(tx, ref), block_queries.of_customer(tx, ref), at)


def file_of(office: Office, by: By, language: str) -> Stream:
    """The ZIP, made in the data directory in a file without a name: nothing of it stays, whatever happens to this process."""
    customer_of(by)
    with tempfile.TemporaryFile(dir=office.data) as file:
        with office.database.read() as tx:
            customer_data.packed(tx, office, by, language, file)
        file.flush()
        headers = {
            "content-disposition": 'attachment; filename="my-data.zip"', "content-length": str(file.tell()),
            "cache-control": "no-store", "x-content-type-options": "nosniff",
        }  # fmt: skip
        return Stream(_Pieces(file), media_type="application/zip", headers=headers)


class _Pieces:
    """Of a file, which is closed behind the last one, or when nobody reads on: a server drops an answer that nobody wants any more."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = os.dup(file.fileno())
        os.lseek(self._file, 0, os.SEEK_SET)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if piece := os.read(self._file, PIECE_BYTES) if self._file >= 0 else b"":
            return piece
        self.close()
        raise StopIteration

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    __del__ = close


async def erase(
    office: Office, request: Req, account: access.Account, password: str, code: str, key: str | None
) -> Asked:
    """Ask for the erasure of who is signed in, whose password says that it is them, and a code where they have a second factor."""
    ref = customer_of(account.by())

    def fits() -> bool:
        return proven(office, request, account.login, password[: users.PASSWORD_CHARACTERS_MAX]) is not None

    fitted = await to_thread.run_sync(fits)

    with ExitStack() as stack:
        counted = second_factor_changes.counted(doors(office), request, account)
        check = stack.enter_context(counted) if fitted else None

        def run(tx: Tx, at: datetime) -> bytes:
            if check is None:
                raise Refused("password_wrong", "invalid", "password")
            if not code and factors.is_on(tx, account.id):
                raise Refused("code_needed", "unknown", "code")
            check(tx, code[:TYPED_CHARACTERS_MAX], at)
            return str(person_errands.ask(tx, office.desk, ref, f"customer:{ref}", at).id).encode()

        answer = await office.desk.perform(persons_errand(request, account, run, key, "erase"))

    def now_is(number: int) -> Asked:
        with office.database.read() as tx:
            found = person_queries.erasure(tx, number)
        if found is None:
            raise Refused("not_found", "missing")
        return found

    def finished() -> Asked:
        asked = now_is(int(answer.body))
        try:
            office.erasing.finish(asked)
        except Exception:  # the person is erased and shall have the certificate; the round goes on with the files
            LOG.exception("the files of erasure %d could not all go yet", asked.id)
        return now_is(asked.id)

    return await to_thread.run_sync(finished)


async def withdraw(office: Office, request: Req, account: access.Account, key: str | None) -> Asked:
    """Take back what who is signed in asked for: to stay needs no password."""
    ref = customer_of(account.by())

    def run(tx: Tx, at: datetime) -> bytes:
        return msgspec.json.encode(person_errands.withdraw(tx, ref, at))

    answer = await office.desk.perform(persons_errand(request, account, run, key, "withdraw"))
    return msgspec.json.decode(answer.body, type=Asked)
