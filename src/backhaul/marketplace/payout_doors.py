"""What the page, API v1 and the command line share about payouts: a file to download, a statement taken in, two acts."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from litestar import Response

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import payout_errands, payout_files, payout_queries, statement_errands
from backhaul.marketplace.office import Office
from backhaul.marketplace.payout_queries import StatementView
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Role


def download(office: Office, by: By, file_id: int) -> Response[bytes]:
    """A payout file as the bank gets it."""
    with office.look(by) as tx:
        message_id, form, content = payout_queries.content(tx, file_id)
    name = payout_files.name_of(message_id, form)
    headers = {
        **http.FILE_HEADERS,
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}"',
    }
    return Response(content, media_type=payout_files.MEDIA_TYPES[form], headers=headers)


def take_in(office: Office, name: str, raw: bytes, by: By) -> StatementView:
    """A bank statement that a person brings; who may not is refused before anybody reads it."""
    if by.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return statement_errands.taken_in(office.desk, name, raw, by)


def handing_over(file_id: int, by: By) -> Callable[[Tx, datetime], bytes]:
    """The errand that has a file in doubt handed over again; it answers with the file."""

    def run(tx: Tx, at: datetime) -> bytes:
        payout_errands.hand_over_again(tx, file_id, by, at)
        return msgspec.json.encode(payout_queries.batch(tx, file_id))

    return run


def settling(statement_id: int, place: int, comment: str, by: By) -> Callable[[Tx, datetime], bytes]:
    """The errand that settles an entry; it answers with the entry."""

    def run(tx: Tx, at: datetime) -> bytes:
        statement_errands.settle(tx, statement_id, place, comment, by, at)
        row = tx.one(payout_queries.ENTRY, of_statement=statement_id, place=place)
        return msgspec.json.encode(payout_queries.entry_of(row)) if row is not None else b""

    return run
