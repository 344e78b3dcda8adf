"""The changes that come of comparing with the partner: what it says of itself, and messages that go out once more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam

from backhaul import wire
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.journal import Letter, letter_row
from backhaul.marketplace import store
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.returns import Return

INSERT_SYNC = Statement(t.partner_syncs.insert())
UPDATE_SYNC = Statement(
    t.partner_syncs.update()
    .where(t.partner_syncs.c.partner_id == bindparam("partner"))
    .values({name: bindparam(name) for name in ("asked_us", "letters_waiting", "waiting_since_us", "differences")})
)


def note_sync(tx: Tx, partner_id: str, asked: wire.UnitsAsked, at: datetime) -> None:
    """Remember that the partner asked, and how far behind it is. It is there, so what waits for it goes out now."""
    t.journal.hurry(tx, partner_id, to_us(at))
    values = {
        "asked_us": to_us(at), "letters_waiting": asked.letters_waiting, "waiting_since_us": asked.waiting_since_us,
        "differences": asked.differences,
    }  # fmt: skip
    if tx.run(UPDATE_SYNC, partner=partner_id, **values) == 0:
        tx.run(INSERT_SYNC, partner_id=partner_id, **values)


def post_again(tx: Tx, it: Return, letters: Sequence[Letter], at: datetime) -> None:
    """Letters of a unit once more, under numbers of their own, in the order of its events."""
    first = store.take_number(tx, "again", 1, len(letters))
    rows = [
        letter_row(letter, f"msg_{letter.to}_{it.id}_again_{first + n}", it.id, n + 1, to_us(at))
        for n, letter in enumerate(letters)
    ]
    t.journal.write(tx, [], [], rows, [])
