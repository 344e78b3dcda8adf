"""Photos that were seen before: the prints of all photos, which cases show them, and those that two cases show, for people to judge."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, bindparam

from backhaul.kit import prints
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us

LOOKS_A_ROUND = 10
CANDIDATES_MAX = 5_000  # of a band
NEAREST_MAX = 200  # whose points are compared
BITS_MAX = 20  # of 64: further away nothing was ever alike
SHOWING_MAX = 50  # cases of one photo
SEEN_MAX = 50
EVER_US = 2**62


class SeenPhoto(msgspec.Struct, frozen=True):
    """A photo of a case that another case shows, too: the same bytes (100 %), or so much alike."""

    case_id: int
    photo: str
    other_case_id: int
    other_photo: str
    agrees_pct: int
    found_at: datetime

    @property
    def same(self) -> bool:
        """Whether it is the very same file."""
        return self.photo == self.other_photo


class SeenPhotoTables:
    """Three tables that both houses have alike."""

    def __init__(self, metadata: MetaData) -> None:
        self.prints = Table(
            "photo_prints",
            metadata,
            Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
            Column("blob_id", Text, nullable=False, unique=True),
            Column("plain", Boolean, nullable=False),
            *(Column(f"band_{n}", Integer, nullable=False) for n in range(prints.BANDS)),
            Column("points", LargeBinary, nullable=False),
        )
        p = self.prints.c
        bands = [p[f"band_{n}"] for n in range(prints.BANDS)]
        drawn = p.plain.is_(False)
        for n, band in enumerate(bands):  # an index holds all that the first look wants
            others = [one for one in bands if one is not band]
            Index(f"photo_prints_by_band_{n}", band, *others, p.id, sqlite_where=drawn, postgresql_where=drawn)
        # Which cases show a photo; `look_us`: since when somebody is to look whether it was seen before.
        self.looks = Table(
            "photo_looks",
            metadata,
            Column("blob_id", Text, primary_key=True),
            Column("case_id", BigInteger, primary_key=True, autoincrement=False),
            Column("look_us", BigInteger),
        )
        due = self.looks.c.look_us.is_not(None)
        Index("photo_looks_due", self.looks.c.look_us, sqlite_where=due, postgresql_where=due)
        self.seen = Table(
            "seen_photos",
            metadata,
            Column("case_id", BigInteger, primary_key=True, autoincrement=False),
            Column("blob_id", Text, primary_key=True),
            Column("other_case_id", BigInteger, primary_key=True, autoincrement=False),
            Column("other_blob_id", Text, primary_key=True),
            Column("agrees_pct", Integer, nullable=False),
            Column("found_us", BigInteger, nullable=False),
        )
        s = self.seen.c
        later = s.case_id > s.other_case_id
        Index("seen_photos_newest", s.found_us, s.case_id, sqlite_where=later, postgresql_where=later)


class SeenPhotos:
    """What a house knows of photos that were seen before."""

    def __init__(self, tables: SeenPhotoTables) -> None:
        self._of_prints(tables)
        self._of_looks(tables)
        self._of_seen(tables)

    def _of_prints(self, tables: SeenPhotoTables) -> None:
        p = tables.prints.c
        bands = [p[f"band_{n}"] for n in range(prints.BANDS)]
        self._has_print = Statement(sa.select(p.id).where(p.blob_id == bindparam("blob_id")))
        self._print = Statement(sa.select(p.plain, p.points).where(p.blob_id == bindparam("blob_id")))
        named = ("blob_id", "plain", *(one.name for one in bands), "points")
        self._insert_print = Statement(tables.prints.insert().values({name: bindparam(name) for name in named}))
        self._forget_prints = Statement(tables.prints.delete().where(among(p.blob_id, "ids")))
        self._in_band = [
            Statement(
                sa.select(p.id, *bands)
                .where(among(band, "numbers"), p.plain.is_(False))
                .limit(bindparam("most"))
            )
            for band in bands
        ]  # fmt: skip
        self._points = Statement(sa.select(p.blob_id, p.points).where(among(p.id, "ids")).order_by(p.id))

    def _of_looks(self, tables: SeenPhotoTables) -> None:
        k = tables.looks.c
        self._forget_looks = Statement(tables.looks.delete().where(among(k.blob_id, "ids")))
        self._has_look = Statement(
            sa.select(k.blob_id).where(k.blob_id == bindparam("blob_id"), k.case_id == bindparam("case_id"))
        )
        self._insert_look = Statement(tables.looks.insert())
        self._due = Statement(
            sa.select(k.blob_id, k.case_id, k.look_us)
            .where(k.look_us <= bindparam("now_us"))
            .order_by(k.look_us, k.case_id, k.blob_id)
            .limit(LOOKS_A_ROUND)
        )
        self._looked = Statement(
            tables.looks.update()
            .where(k.blob_id == bindparam("blob"), k.case_id == bindparam("of_case"), k.look_us.is_not(None))
            .values(look_us=None)
        )
        self._showing = Statement(
            sa.select(k.case_id)
            .where(k.blob_id == bindparam("blob_id"), k.case_id != bindparam("but"))
            .order_by(k.case_id)
            .limit(SHOWING_MAX)
        )

    def _of_seen(self, tables: SeenPhotoTables) -> None:
        s = tables.seen.c
        self._has_seen = Statement(
            sa.select(s.case_id).where(
                s.case_id == bindparam("case_id"), s.blob_id == bindparam("blob_id"),
                s.other_case_id == bindparam("other_case_id"), s.other_blob_id == bindparam("other_blob_id"),
            )
        )  # fmt: skip
        self._insert_seen = Statement(tables.seen.insert())
        every = sa.select(s.case_id, s.blob_id, s.other_case_id, s.other_blob_id, s.agrees_pct, s.found_us)
        self._of_case = Statement(
            every.where(s.case_id == bindparam("case_id"))
            .order_by(s.blob_id, s.other_case_id, s.other_blob_id)
            .limit(SEEN_MAX)
        )
        self._cases_with = Statement(
            sa.select(s.case_id).where(among(s.case_id, "ids")).group_by(s.case_id).order_by(s.case_id)
        )
        before_us = bindparam("before_us", type_=sa.BigInteger())
        self._newest = Statement(
            every.where(
                s.case_id > s.other_case_id,
                s.found_us <= before_us,
                sa.or_(s.found_us < before_us, s.case_id < bindparam("before_id", type_=sa.BigInteger())),
            )
            .order_by(s.found_us.desc(), s.case_id.desc())
            .limit(bindparam("most"))
        )

    def keep(self, tx: Tx, blob_id: str, print_: bytes) -> None:
        """Remember the print of a photo."""
        if not print_ or tx.one(self._has_print, blob_id=blob_id) is not None:
            return
        bands = {f"band_{n}": number for n, number in enumerate(prints.bands(print_))}
        tx.run(self._insert_print, blob_id=blob_id, plain=prints.is_plain(print_), points=print_, **bands)

    def has_print(self, tx: Tx, blob_id: str) -> bool:
        """Whether the print of a photo is here."""
        return tx.one(self._has_print, blob_id=blob_id) is not None

    def forget(self, tx: Tx, ids: Iterable[str]) -> None:
        """These photos are deleted: so are their prints. What was found stays, without pictures."""
        if wanted := sorted(set(ids)):
            tx.run(self._forget_prints, ids=wanted)
            tx.run(self._forget_looks, ids=wanted)

    def show(self, tx: Tx, case_id: int, ids: Iterable[str], at_us: int) -> None:
        """A case shows these photos: somebody looks whether they were seen before."""
        for one in sorted(set(ids)):
            if tx.one(self._has_look, blob_id=one, case_id=case_id) is None:
                tx.run(self._insert_look, blob_id=one, case_id=case_id, look_us=at_us)

    def due(self, tx: Tx, now: datetime) -> list[tuple[str, int]]:
        """Photos and the cases that show them, where a look is due; not all at once."""
        return [(str(row[0]), int(row[1])) for row in tx.rows(self._due, now_us=to_us(now))]

    def looked(self, tx: Tx, blob_id: str, case_id: int) -> None:
        """That look is done."""
        tx.run(self._looked, blob=blob_id, of_case=case_id)

    def alike(self, tx: Tx, blob_id: str) -> dict[str, int]:
        """The photos that are of the same picture, and how much of it agrees in percent; itself among them, nothing when it shows nothing."""
        row = tx.one(self._print, blob_id=blob_id)
        if row is None or row[0]:
            return {}
        own = bytes(row[1])
        nearest = tx.rows(self._points, ids=self._nearest(tx, own))
        found = {str(nearest[n][0]): pct for n, pct in prints.alike(own, [bytes(one[1]) for one in nearest])}
        return {**found, blob_id: 100}

    def _nearest(self, tx: Tx, own: bytes) -> list[int]:
        """Those that share a band, the fewest other bits first."""
        wanted, mine = prints.probes(own), prints.bands(own)
        away: dict[int, int] = {}
        for statement, numbers in zip(self._in_band, wanted, strict=True):
            for print_id, *bands in tx.rows(statement, numbers=sorted(numbers), most=CANDIDATES_MAX):
                away[print_id] = sum((a ^ b).bit_count() for a, b in zip(bands, mine, strict=True))
        near = [one for one, bits in away.items() if bits <= BITS_MAX]
        return sorted(near, key=lambda one: (away[one], one))[:NEAREST_MAX]

    def showing(self, tx: Tx, blob_id: str, but: int) -> list[int]:
        """The other cases that show a photo."""
        return [int(row[0]) for row in tx.rows(self._showing, blob_id=blob_id, but=but)]

    def note(
        self, tx: Tx, case_id: int, photo: str, other: int, other_photo: str, agrees_pct: int, at: datetime
    ) -> bool:
        """Write down that two cases show one picture, with both of them; whether that is new."""
        both = ((case_id, photo, other, other_photo), (other, other_photo, case_id, photo))
        told = False
        for one in both:
            values = dict(zip(("case_id", "blob_id", "other_case_id", "other_blob_id"), one, strict=True))
            if tx.one(self._has_seen, **values) is None:
                tx.run(self._insert_seen, **values, agrees_pct=agrees_pct, found_us=to_us(at))
                told = True
        return told

    def of_case(self, tx: Tx, case_id: int) -> list[SeenPhoto]:
        """What of a case's photos other cases show."""
        return [_seen(row) for row in tx.rows(self._of_case, case_id=case_id)]

    def cases_with(self, tx: Tx, case_ids: Sequence[int]) -> frozenset[int]:
        """Those of these cases with a photo that was seen before."""
        return (
            frozenset(int(row[0]) for row in tx.rows(self._cases_with, ids=list(case_ids))) if case_ids else frozenset()
        )

    def newest(
        self, tx: Tx, before_us: int = EVER_US, before_id: int = EVER_US, most: int = SEEN_MAX
    ) -> list[SeenPhoto]:
        """What was found last, each with the later of the two cases."""
        return [_seen(row) for row in tx.rows(self._newest, before_us=before_us, before_id=before_id, most=most)]


def _seen(row: tuple[Any, ...]) -> SeenPhoto:
    return SeenPhoto(row[0], row[1], row[2], row[3], row[4], from_us(row[5]))
