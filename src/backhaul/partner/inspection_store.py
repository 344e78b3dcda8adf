"""What arrivals and marks leave behind beside the parcel: the log of the draw, the records of strata, whose photo is whose.

In the transaction of the desk, after the parcels themselves.
"""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.desk import Change
from backhaul.kit.machine import Refused
from backhaul.partner import second_check_store, store
from backhaul.partner import tables as t
from backhaul.partner.rules import events as e
from backhaul.partner.rules import sampling
from backhaul.partner.rules.inspection import DRAWN
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import Mark

INSERT_DRAW = Statement(t.draws.insert())
_s = t.strata
COUNT_ARRIVAL = Statement(
    _s.update()
    .where(_s.c.name == bindparam("stratum"))
    .values(arrived=_s.c.arrived + 1, units=_s.c.units + bindparam("more"))
)
COUNT_CHECK = Statement(
    _s.update()
    .where(_s.c.name == bindparam("stratum"))
    .values(
        checked=_s.c.checked + 1,
        findings=_s.c.findings + bindparam("found"),
        clean_run=sa.case((bindparam("found") == 1, 0), else_=_s.c.clean_run + bindparam("clean")),
    )
)
INSERT_STRATUM = Statement(_s.insert())
PHOTOS_USED = Statement(
    sa.select(t.photo_uses.c.blob_id, t.photo_uses.c.parcel_id).where(among(t.photo_uses.c.blob_id, "photos"))
)
INSERT_PHOTO_USE = Statement(t.photo_uses.insert())
PHOTOS_OF_ORPHANS = Statement(
    sa.select(t.orphan_photos.c.blob_id, t.orphans.c.number)
    .join(t.orphans, t.orphans.c.id == t.orphan_photos.c.orphan_id)
    .where(among(t.orphan_photos.c.blob_id, "photos"))
)
INSERT_ORPHAN_PHOTO = Statement(t.orphan_photos.insert())
INSERT_MARK = Statement(t.marks.insert())
LAST_EPOCH = Statement(
    sa.select(t.draw_epochs.c.number, t.draw_epochs.c.begins_us, t.draw_epochs.c.ends_us)
    .order_by(t.draw_epochs.c.number.desc())
    .limit(bindparam("most", type_=sa.Integer))
)
INSERT_EPOCH = Statement(t.draw_epochs.insert())
START_COUNTS = Statement(t.draw_counts.insert())
COUNT_DRAW = Statement(
    t.draw_counts.update()
    .where(t.draw_counts.c.epoch == bindparam("of"))
    .values(units=t.draw_counts.c.units + 1, drawn=t.draw_counts.c.drawn + bindparam("more"))
)


def follow(tx: Tx, changes: list[Change[Parcel]], policy: Policy) -> None:
    """Write what the events of a batch mean for the draw, the strata and the photos."""
    for change in sorted(changes, key=lambda change: change.case_id):
        for _, (event, _, _, after), mark in change.events:
            match event:
                case e.Arrived():
                    _arrived(tx, after, event, mark.recorded_us)
                    if event.orphan:  # whose photos these are was asked when it was registered
                        _use(tx, after.id, event.photos, _uses(tx, event.photos)[0])
                    else:
                        keep_photos(tx, after, event.photos, policy)
                case e.MarkProposed():
                    keep_photos(tx, after, event.photos, policy)
                case e.Marked():
                    _marked(tx, after, event, mark.at_us)
                    keep_photos(tx, after, event.photos, policy)
                case e.GateChecked() | e.SecondChecked() | e.MediaDelivered():
                    keep_photos(tx, after, event.photos, policy)
                case e.Destroyed():
                    keep_photos(tx, after, event.photos, policy)
                    second_check_store.end(tx, after.id)
                case e.Dispatched() | e.Delivered() | e.ShipmentLost() | e.HandedOver():
                    second_check_store.end(tx, after.id)
                case _:
                    pass


def keep_photos(tx: Tx, it: Parcel, photos: tuple[str, ...], policy: Policy) -> None:
    """A photo belongs to the first parcel that it was given for; given for another one, or an orphan, it is refused."""
    if not photos:
        return
    t.book.name(tx, sorted(set(photos)))
    known, bay = _uses(tx, photos)
    elsewhere = any(owner != it.id for owner in known.values()) or any(number != it.orphan for number in bay.values())
    if policy.photos_once and elsewhere:
        raise Refused("photo_used_elsewhere", "invalid", "photos")
    _use(tx, it.id, photos, known)


def keep_orphan_photos(tx: Tx, orphan_id: int, photos: tuple[str, ...], policy: Policy) -> None:
    """The photos of an orphan have shown nothing else: were they another's, too, one of the two could never be matched."""
    t.book.name(tx, sorted(set(photos)))
    known, bay = _uses(tx, photos)
    if policy.photos_once and (known or bay):
        raise Refused("photo_used_elsewhere", "invalid", "photos")
    rows = [{"blob_id": photo, "orphan_id": orphan_id} for photo in sorted(set(photos)) if photo not in bay]
    tx.many(INSERT_ORPHAN_PHOTO, rows)


def _uses(tx: Tx, photos: tuple[str, ...]) -> tuple[dict[str, int], dict[str, str]]:
    """Which of these photos are a parcel's, and which an orphan's, by its number."""
    wanted = sorted(set(photos))
    known = {row[0]: int(row[1]) for row in tx.rows(PHOTOS_USED, photos=wanted)}
    return known, {row[0]: row[1] for row in tx.rows(PHOTOS_OF_ORPHANS, photos=wanted)}


def _use(tx: Tx, parcel_id: int, photos: tuple[str, ...], known: dict[str, int]) -> None:
    wanted = sorted(set(photos))
    tx.many(INSERT_PHOTO_USE, [{"blob_id": photo, "parcel_id": parcel_id} for photo in wanted if photo not in known])


def _arrived(tx: Tx, it: Parcel, event: e.Arrived, at_us: int) -> None:
    draw = event.draw
    ruled = draw is None or bool(draw.rules)
    names = dict.fromkeys(sampling.scopes(it.unit), 0 if ruled else 1) | {sampling.sku_scope(it.unit): 0}
    for name in sorted(names):
        if tx.run(COUNT_ARRIVAL, stratum=name, more=names[name]) == 0:
            row: dict[str, Any] = {"arrived": 1, "units": names[name], "clean_run": 0, "checked": 0, "findings": 0}
            tx.run(INSERT_STRATUM, name=name, **row)
    if draw is not None:
        tx.run(
            INSERT_DRAW, parcel_id=it.id, epoch=draw.epoch, return_number=it.unit.return_number, stratum=draw.stratum,
            basis=draw.basis, policy_version=draw.policy_version, share_pct=draw.share_pct, digest=draw.digest,
            drawn=draw.drawn, rules=json.dumps(draw.rules), at_us=at_us,
        )  # fmt: skip
        tx.run(COUNT_DRAW, of=draw.epoch, more=int(draw.drawn))


def _marked(tx: Tx, it: Parcel, event: e.Marked, at_us: int) -> None:
    """Only units that were drawn make a run longer; what nobody expected ends it, whoever it was found on."""
    found = sampling.is_finding(it.unit, event.mark)
    clean = not found and event.revision == 1 and it.inspection.reasons == (DRAWN,)
    for name in sorted(sampling.scopes(it.unit)):
        tx.run(COUNT_CHECK, stratum=name, found=int(found), clean=int(clean))
    if event.mark is not Mark.SUBSTITUTED:  # two people saw it already
        tx.run(INSERT_MARK, parcel_id=it.id, revision=event.revision, inspector=event.by[0], at_us=at_us)


def last_epochs(tx: Tx, most: int) -> list[tuple[int, int, int]]:
    """(number, begins, ends) of the newest epochs, after whoever else publishes one has finished."""
    store.take_number(tx, "draw_epoch", 1, 0)  # holds the row of the counter until the commit
    return [(row[0], row[1], row[2]) for row in tx.rows(LAST_EPOCH, most=most)]
