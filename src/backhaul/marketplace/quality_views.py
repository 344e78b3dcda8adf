"""The quality of a seller's products as page and API v1 show it."""

from datetime import date

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.marketplace import quality_queries, tables
from backhaul.marketplace.metric_views import Period, share_pct
from backhaul.marketplace.rules.returns import Return, group_of


class MonthRate(msgspec.Struct, frozen=True):
    """The return rate of the units delivered in a month."""

    month: date
    delivered: int
    returned: int
    rate_pct: float | None


class DefectView(msgspec.Struct, frozen=True):
    """A return that shows a defect. `photos`: those of the inspection, the pick-up point and the customer, the surest first."""

    return_id: int
    number: str
    sku: int
    offer_id: str
    name: str
    reason: str
    reason_group: str
    mark: str
    defect: str
    photos: tuple[str, ...]


class Defects(msgspec.Struct, frozen=True):
    """So many of them; `next`: the `before` of what follows, nothing on the last page."""

    rows: tuple[DefectView, ...]
    next: int | None


def by_month(tx: Tx, seller_id: int, over: Period, sku: int = 0) -> tuple[MonthRate, ...]:
    """Return rates month by month, of one product or of all."""
    found = []
    for since, until in over.bounds:
        delivered, returned = quality_queries.rate(tx, seller_id, since, until, sku)
        month = since.astimezone(MOSCOW).date()
        found.append(MonthRate(month, delivered, returned, share_pct(returned, delivered)))
    return tuple(found)


def defects(tx: Tx, seller_id: int, sku: int = 0, before: int = 2**62) -> Defects:
    """Returns that show a defect with the photos that are still kept, newest first."""
    found = quality_queries.defects(tx, seller_id, sku, before)
    gone = tables.book.deleted(tx, [photo for it in found for photo in _photos(it)])
    rows = tuple(_defect(it, tuple(photo for photo in _photos(it) if photo not in gone)) for it in found)
    return Defects(rows, rows[-1].return_id if len(rows) == quality_queries.DEFECTS_MAX else None)


def _defect(it: Return, photos: tuple[str, ...]) -> DefectView:
    line, parcel = it.line, it.parcel
    mark = parcel.mark.value if parcel is not None and parcel.mark else ""
    defect = parcel.defect if parcel is not None else ""
    return DefectView(
        it.id, it.number, line.sku, line.offer_id, line.name, it.reason, group_of(it).value, mark, defect, photos
    )


def _photos(it: Return) -> tuple[str, ...]:
    inspected = it.parcel.photos if it.parcel is not None else ()
    return tuple(dict.fromkeys(inspected + (it.check.photos if it.check is not None else ()) + it.photos))
