"""Published terms on their table `terms`: versions of a kind, each from an instant on. What is published is never changed."""

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us, to_us

VERSIONS_MAX = 100


class Version(msgspec.Struct, frozen=True):
    """A published version, from when it holds, who published it, why and when; those of a start have no time."""

    version: str
    valid_from: datetime
    published_by: str
    why: str
    published_at: datetime | None = None


class Shelf:
    """The statements about the table `terms` of a house."""

    def __init__(self, terms: sa.Table) -> None:
        row = terms.c
        of_kind = row.kind == bindparam("kind")
        self._versions = Statement(
            sa.select(row.version, row.valid_from_us, row.published_by, row.why, row.published_us)
            .where(of_kind)
            .order_by(row.valid_from_us.desc(), row.published_us.desc(), row.version.desc())
            .limit(VERSIONS_MAX)
        )
        self._count = Statement(sa.select(sa.func.count()).select_from(terms).where(of_kind))
        self._doc = Statement(sa.select(row.doc).where(of_kind, row.version == bindparam("version")))
        self._holding = Statement(
            sa.select(row.version, row.doc)
            .where(of_kind, row.valid_from_us <= bindparam("at_us"))
            .order_by(row.valid_from_us.desc(), row.published_us.desc(), row.version.desc())
            .limit(1)
        )

    def versions(self, tx: Tx, kind: str) -> list[Version]:
        """Every published version of a kind, the newest first."""
        return [
            Version(row[0], from_us(row[1]), row[2], row[3], from_us(row[4]) if row[4] else None)
            for row in tx.rows(self._versions, kind=kind)
        ]

    def listing(self, tx: Tx, kind: str, in_force: str, now: datetime) -> list[tuple[Version, str]]:
        """The same, each with where it stands for a reader: `now`, `coming`, or nothing more to say."""
        return [
            (one, "now" if one.version == in_force else "coming" if one.valid_from > now else "")
            for one in self.versions(tx, kind)
        ]

    def next_after(self, tx: Tx, kind: str, valid_from: datetime) -> Version | None:
        """The published version that will replace one of this beginning first."""
        later = [one for one in self.versions(tx, kind) if one.valid_from > valid_from]
        return later[-1] if later else None

    def count(self, tx: Tx, kind: str) -> int:
        """How many versions of a kind there are; published ones never go."""
        row = tx.one(self._count, kind=kind)
        return 0 if row is None else int(row[0])

    def doc(self, tx: Tx, kind: str, version: str) -> bytes | None:
        """What one version says, as it is stored; None: it was never published."""
        row = tx.one(self._doc, kind=kind, version=version)
        return None if row is None else bytes(row[0])

    def holding(self, tx: Tx, kind: str, at: datetime) -> tuple[str, bytes] | None:
        """(version, document) that holds at an instant, as far as versions are published."""
        row = tx.one(self._holding, kind=kind, at_us=to_us(at))
        return None if row is None else (row[0], row[1])
