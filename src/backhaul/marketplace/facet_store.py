"""SQL that keeps, for each return that its customer sent, what its seller filters and counts by."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam

from backhaul.kit.changed_columns import ChangedColumns, changed
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Change
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.options import choice, passed
from backhaul.marketplace.rules.returns import Return, group_of
from backhaul.marketplace.rules.waiting import decide_until

INSERT = Statement(t.return_facets.insert())
UPDATES = ChangedColumns(t.return_facets, {"return_id": "of_return"})
LET_PASS = Statement(
    t.return_facets.update()
    .where(t.return_facets.c.return_id == bindparam("of_return"))
    .values(passed=bindparam("passed"))
)


def keep(tx: Tx, changes: Sequence[Change[Return]]) -> None:
    """Write the rows of those that look another way to a filter now."""
    fresh: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for change in changes:
        it, before = change.after, change.before
        if it.submitted_at is None:
            continue
        after = changing(it)
        if before is None or before.submitted_at is None:
            fresh.append(_still(it) | after)
        elif other := changed(after, changing(before)):
            moved.append(other | {"of_return": it.id})
    tx.put(INSERT, fresh)
    UPDATES.put(tx, moved)
    tx.put(LET_PASS, [
        {"of_return": change.after.id, "passed": which}
        for change in changes
        if (which := passed(change.after, (event for _, (event, *_), _ in change.events)))
    ])  # fmt: skip


def _still(it: Return) -> dict[str, Any]:
    """What stays as it was asked for."""
    return {
        "return_id": it.id,
        "seller_id": it.seller_id,
        "sku": it.line.sku,
        "price_minor": it.line.price.minor,
        "words": searched(it),
        "category": it.line.category,
        "delivered_us": to_us(it.line.delivered_at),
        "passed": "",
    }


def changing(it: Return) -> dict[str, Any]:
    """What acts may move."""
    bound = decide_until(it)
    return {
        "status": it.status.value,
        "route": it.route.value if it.route else "",
        "reason_group": group_of(it).value,
        "mark": it.parcel.mark.value if it.parcel is not None and it.parcel.mark else "",
        "decide_us": None if bound is None else to_us(bound),
        "accepted_us": None if it.accepted_at is None else to_us(it.accepted_at),
        "choice": choice(it),
        "waybill": it.waybill.strip().upper(),
    }


def searched(it: Return) -> str:
    """The number, the posting, the article, the SKU and the product, as `folded` writes them."""
    line = it.line
    return folded(f"{it.number} {line.posting_number} {line.offer_id} {line.sku} {line.name}")


def folded(text: str) -> str:
    """A text as it is searched: small letters, one space between words."""
    return " ".join(text.casefold().split())
