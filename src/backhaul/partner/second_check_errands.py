"""Second checks change here: the weekly samples, what a second person found, a supervisor's verdict. In the desk's transactions."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk
from backhaul.kit.machine import Refused
from backhaul.partner import loads, second_check_queries, second_check_store, store
from backhaul.partner import tables as t
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import inspection, photo_codes
from backhaul.partner.rules.around import By
from backhaul.partner.rules.decisions import concerns
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.second_checks import (
    WEEK,
    SecondCheck,
    Verdict,
    check,
    happened,
    is_tightened,
    pick,
    plan,
    review,
    week_of,
)
from backhaul.partner.rules.words import Role

WEEKS_LATE_MAX = 8
COUNTER = "second_checks_week"

TAKE_WEEK = Statement(
    t.numbers.update()
    .where(t.numbers.c.name == COUNTER, t.numbers.c.next < bindparam("week_us"))
    .values(next=bindparam("week_us"))
)


def weeks_due(last: datetime | None, at: datetime) -> Iterator[datetime]:
    """The weeks that are over and whose samples have not been drawn, oldest first; of a long absence the newest eight."""
    newest = week_of(at) - WEEK
    week = newest if last is None else max(last + WEEK, newest - (WEEKS_LATE_MAX - 1) * WEEK)
    while week <= newest:
        yield week
        week += WEEK


def draw_samples(tx: Tx, key: str, policy: Policy, at: datetime) -> int:
    """Draw the samples of the weeks that are over, each week once; how many units are to be checked again."""
    count = 0
    for week in list(weeks_due(second_check_queries.last_week(tx), at)):
        if tx.run(TAKE_WEEK, week_us=to_us(week)) == 0:
            if second_check_queries.last_week(tx) is not None:
                continue  # somebody else was quicker
            tx.run(store.START_COUNTER, name=COUNTER, next=to_us(week))
        count += _draw_week(tx, week, key, policy, at)
    return count


def _draw_week(tx: Tx, week: datetime, key: str, policy: Policy, at: datetime) -> int:
    before = second_check_queries.weeks(tx, week - policy.second_check_weeks * WEEK)
    count = 0
    for inspector, marks in second_check_queries.lots(tx, week, week + WEEK):
        tightened = is_tightened([one for one in before if one.inspector == inspector], policy)
        wanted, accepted = plan(marks, policy, tightened=tightened)
        sample = pick(second_check_queries.candidates(tx, inspector, week, week + WEEK), wanted, key)
        tx.run(
            second_check_store.INSERT_WEEK, inspector=inspector, week_us=to_us(week), marks=marks, sample=len(sample), accepted=accepted,
            tightened=tightened,
        )  # fmt: skip
        for parcel_id in sample:
            second = SecondCheck(parcel_id, inspector, week)
            tx.run(
                second_check_store.INSERT, parcel_id=parcel_id, inspector=inspector, week_us=to_us(week), status=second.status,
                ordered_us=to_us(at), second="", doc=second_check_store.encode(second),
            )  # fmt: skip
            count += 1
    return count


def _found(tx: Tx, parcel_id: int, by: By) -> tuple[SecondCheck, Parcel, bytes]:
    second = second_check_queries.one(tx, parcel_id)
    loaded = store.load(tx, [parcel_id], lock=True).get(parcel_id)
    if second is None or loaded is None or by.role not in (Role.INSPECTOR, Role.SUPERVISOR):
        raise Refused("not_found", "missing")
    it, head = loaded
    if not concerns(it, by, loads.around(tx, [it])(it)):
        raise Refused("not_found", "missing")
    return second, it, head


def record(tx: Tx, desk: Desk[Parcel], parcel_id: int, found: do.Mark, by: By, photo_key: str, policy: Policy,
           at: datetime) -> SecondCheck:  # fmt: skip
    """A second person's finding. The parcel's own chain keeps it, with its photos and the code that stands on them."""
    second, it, head = _found(tx, parcel_id, by)
    around = msgspec.structs.replace(loads.around(tx, [it])(it), photo_key=photo_key)
    after = check(second, it, found, by, at, policy)
    photo_codes.check(it, found, by, at, policy, around)
    second_check_store.keep(tx, second, after)
    desk.write(tx, [desk.change(it, it.id, head, [(happened(found, by, at), by, at)], at)])
    return after


def decide(tx: Tx, desk: Desk[Parcel], parcel_id: int, verdict: Verdict, comment: str, by: By, policy: Policy,
           at: datetime) -> SecondCheck:  # fmt: skip
    """A supervisor's verdict. `revised`: the second finding becomes a new revision of the mark, by the one who found it."""
    second, it, head = _found(tx, parcel_id, by)
    after = review(second, verdict, comment, by, at, policy)
    second_check_store.keep(tx, second, after)
    if verdict is Verdict.REVISED and second.found is not None:
        finder = By(Role.INSPECTOR, second.second)
        events = inspection.mark(it, second.found, finder.id, policy)
        change = desk.change(it, it.id, head, [(event, finder, at) for event in events], at, f"review by {by.id}")
        desk.write(tx, [change])
    return after
