"""How well both houses agree, as pages and API show it."""

from datetime import datetime, timedelta

import msgspec

from backhaul.kit import i18n
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us
from backhaul.partner import platform_queries, sync_queries, tables, texts
from backhaul.partner.perform import THE_MARKETPLACE
from backhaul.partner.platform_queries import Health
from backhaul.partner.sync_queries import DifferenceRow

SILENT_AFTER = timedelta(minutes=30)
INSTANTS = frozenset({"arrival", "deadline"})


class Lag(msgspec.Struct, frozen=True):
    """How far messages are behind. `from_*` is what the marketplace said at `heard_at`; `silent`: it did not answer for a while."""

    to_waiting: int
    to_since: datetime | None
    from_waiting: int
    from_since: datetime | None
    heard_at: datetime | None
    silent: bool


class Night(msgspec.Struct, frozen=True):
    """A comparison of all units."""

    id: str
    started_at: datetime
    finished_at: datetime | None
    units: int
    differences: int


class Agreement(msgspec.Struct, frozen=True):
    """The whole picture."""

    lag: Lag
    platforms: list[Health]
    nights: list[Night]
    open_differences: int


def agreement(tx: Tx, now: datetime) -> Agreement:
    """What the supervisor sees."""
    waiting, since_us = tables.journal.letters_waiting(tx)
    contact = sync_queries.contact(tx, THE_MARKETPLACE)
    heard_at = contact.heard_at if contact else None
    tried = contact is not None and contact.tried_at is not None
    lag = Lag(
        to_waiting=waiting,
        to_since=None if since_us is None else from_us(since_us),
        from_waiting=contact.letters_waiting if contact else 0,
        from_since=contact.waiting_since if contact else None,
        heard_at=heard_at,
        silent=tried and (heard_at is None or now - heard_at > SILENT_AFTER),
    )
    nights = [
        Night(run.id, run.started_at, run.finished_at, run.units, run.differences) for run in sync_queries.runs(tx)
    ]
    return Agreement(lag, platform_queries.health(tx), nights, sync_queries.count_open(tx))


def worded(row: DifferenceRow, said: str, language: str) -> str:
    """What one side says, in the reader's words."""
    if not said:
        return "—"
    if row.what in INSTANTS and said.isdigit():
        return i18n.moment(from_us(int(said)), language)
    first, _, rest = said.partition(" ")
    for labels in (texts.STAGE_LABELS, texts.STATUS_LABELS, texts.DECISION_LABELS, texts.MARK_LABELS):
        if first in labels:
            return f"{i18n.gettext(language, labels[first])} {rest}".strip()
    return said
