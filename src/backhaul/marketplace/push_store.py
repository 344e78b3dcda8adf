"""Addresses for pushes and what waits for them. Messages are written with the change that they tell."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.kit.desk import Change
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.pushes import message
from backhaul.marketplace.rules.returns import Return

_encode = msgspec.json.Encoder().encode
_u, _p = t.push_urls, t.pushes
_this = _u.c.id == bindparam("url_id")
_waits = sa.exists().where(_p.c.url_id == _u.c.id)

OF_SELLERS = Statement(
    sa.select(_u.c.id, _u.c.seller_id, _u.c.types).where(among(_u.c.seller_id, "sellers"), _u.c.enabled.is_(True))
)
INSERT_PUSH = Statement(_p.insert().values({name: bindparam(name) for name in ("url_id", "body", "written_us")}))
# Touches the row whether it slept or not, so that whoever puts it to sleep meanwhile looks again.
WAKE = Statement(_u.update().where(among(_u.c.id, "ids")).values(next_us=sa.func.coalesce(_u.c.next_us, 0)))

INSERT = Statement(
    _u.insert()
    .values({c.name: bindparam(c.name) for c in _u.columns if c.name != "id"})
    .returning(_u.c.id)
)  # fmt: skip
CHANGE = Statement(_u.update().where(_this).values(url=bindparam("to_url"), types=bindparam("to_types")))
SWITCH = Statement(
    _u.update().where(_this).values(enabled=bindparam("to_enabled"), fails=0, failing_since_us=None, next_us=None)
)
DELETE = Statement(_u.delete().where(_this))
DROP = Statement(_p.delete().where(_p.c.url_id == bindparam("url_id")))
TAKE = Statement(
    _u.update()
    .where(_this, _u.c.enabled.is_(True), _u.c.next_us <= bindparam("now_us"))
    .values(next_us=bindparam("until_us"))
)
DONE = Statement(_p.delete().where(among(_p.c.id, "ids")))
NOTE = Statement(_u.update().where(_this).values(fails=bindparam("to_fails"), failing_since_us=bindparam("to_since")))
REST = Statement(
    _u.update().where(_this).values(next_us=sa.case((_waits, bindparam("to_next", type_=sa.BigInteger)), else_=None))
)


def write(tx: Tx, changes: Sequence[Change[Return]]) -> None:
    """What these changes tell the programs of their sellers."""
    told = []
    for change in changes:
        mark = change.events[-1][2]
        said = message(change.before, change.after, from_us(mark.at_us))
        if said is not None:
            told.append((change.after.seller_id, said, mark.recorded_us))
    if not told:
        return
    urls = tx.rows(OF_SELLERS, sellers=sorted({seller_id for seller_id, _, _ in told}))
    rows = [
        {"url_id": url_id, "body": _encode(said), "written_us": recorded_us}
        for seller_id, said, recorded_us in told
        for url_id, owner, types in urls
        if owner == seller_id and said["message_type"] in types.split()
    ]
    if rows:
        tx.many(INSERT_PUSH, rows)
        tx.run(WAKE, ids=sorted({int(str(row["url_id"])) for row in rows}))
