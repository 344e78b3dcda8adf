"""Comparing with the marketplace, every night in Moscow and wherever something differed: what each house holds of each unit.

What can heal by the ordinary messages is told or asked for again, once; what cannot is shown until a person settles it. Nothing
here makes an arrival, a mark or a disposal: facts come from the warehouse, announcements from the marketplace.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

import httpx2
import msgspec
from msgspec.structs import replace

from backhaul import wire
from backhaul.kit import outside
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW, to_us
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.partner import loads, retelling, sync_errands, sync_queries, tables
from backhaul.partner.office import Office
from backhaul.partner.perform import THE_MARKETPLACE
from backhaul.partner.platforms import say
from backhaul.partner.rules.agreement import Gap, Remedy, Side, Stage, gaps, side_of
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.sync_queries import DifferenceRow, Run

PAGE_UNITS = 500
PARCELS_MAX = 2000
PAGES_PER_ROUND = 4
WAIT = timedelta(minutes=5)
MARGIN_US = 60_000_000  # a letter that was accepted so shortly before we asked may not be in the answer
END = 2**62


def night_of(at: datetime, hour: int) -> str:
    """The night whose comparison is due at an instant: the day in Moscow on which `hour` came last."""
    return (at.astimezone(MOSCOW) - timedelta(hours=hour)).date().isoformat()


def reconcile(office: Office) -> int:
    """One round: begin the night's comparison, go on with it, look again at what differed. How much was done."""
    now, policy = office.clock.now(), office.house.terms.policy
    with office.database.read() as tx:
        contact = sync_queries.contact(tx, THE_MARKETPLACE)
        run = sync_queries.open_run(tx)
        tonight = sync_queries.run(tx, night_of(now, policy.reconcile_hour))
    if contact is None:
        return 0
    done = 0
    if run is None and tonight is None:
        run = start(office, night_of(now, policy.reconcile_hour))
        done += run is not None
    if run is not None and run.next_us <= to_us(now):
        return done + _go_on(office, run)
    every = timedelta(minutes=policy.recheck_minutes)
    if contact.tried_at is None or now - contact.tried_at >= every:
        done += _look_again(office)
    return done


def start(office: Office, run_id: str) -> Run | None:
    """Begin a comparison of everything; None when it was begun before or one is under way."""
    answer = office.desk.perform_now(Errand(lambda tx, at: b"1" if sync_errands.start_run(tx, run_id, at) else b""))
    with office.database.read() as tx:
        return sync_queries.run(tx, run_id) if answer.body else None


def compare(office: Office, ids: Sequence[int]) -> int | None:
    """Compare these units now, page by page; how many differences there are. None: the marketplace is away."""
    count = 0
    for first in range(0, len(ids), PAGE_UNITS):
        page = list(ids[first : first + PAGE_UNITS])
        asked_us = to_us(office.clock.now())
        answer = ask(office, wire.UnitsAsked(ids=tuple(page)))
        if answer is None:
            return None
        with office.database.read() as tx:
            known = sync_queries.open_of(tx, page)
            ours = _parcels(tx, page)
        found = _settle(office, ours, answer.units, known, asked_us)
        count += int(office.desk.perform_now(Errand(found.write)).body)
    return count


def ask(office: Office, asked: wire.UnitsAsked) -> wire.Units | None:
    """Ask the marketplace, and tell it how far we are behind; None: it is away."""
    with office.database.read() as tx:
        waiting, since_us = tables.journal.letters_waiting(tx)
        told = replace(asked, letters_waiting=waiting, waiting_since_us=since_us,
                       differences=sync_queries.count_open(tx))  # fmt: skip
    try:
        answer = outside.read(say(office, "units", told), wire.Units)
        if not is_an_answer(answer, asked):
            raise httpx2.DecodingError("no answer to this question")
    except (httpx2.HTTPError, Refused):
        office.desk.perform_now(Errand(lambda tx, at: sync_errands.note_try(tx, THE_MARKETPLACE, at)))
        return None

    def heard(tx: Tx, at: datetime) -> None:
        sync_errands.note_try(tx, THE_MARKETPLACE, at)
        sync_errands.note_answer(tx, THE_MARKETPLACE, answer, at)

    office.desk.perform_now(Errand(heard))
    return answer


def is_an_answer(answer: wire.Units, asked: wire.UnitsAsked) -> bool:
    """Whether a page leads on and holds what was asked for: else a comparison would never end, or miss what is there."""
    if answer.until is not None and answer.until <= asked.after:
        return False
    ids = [unit.return_id for unit in answer.units]
    if asked.ids:
        return set(ids) <= set(asked.ids)
    return len(set(ids)) == len(ids) and all(asked.after < one <= (answer.until or END) for one in ids)


def _look_again(office: Office) -> int:
    """Whatever differed, and with it the lag of both houses; 1 when something has healed."""
    with office.database.read() as tx:
        rows = sync_queries.all_open(tx)
    if not rows:
        ask(office, wire.UnitsAsked())
        return 0
    left = compare(office, sorted({row.return_id for row in rows}))
    return int(left is not None and left < len(rows))


def _go_on(office: Office, run: Run) -> int:
    """Some pages of a comparison."""
    for page in range(PAGES_PER_ROUND):
        asked_us = to_us(office.clock.now())
        answer = ask(office, wire.UnitsAsked(after=run.after_id, most=PAGE_UNITS))
        if answer is None:
            office.desk.perform_now(Errand(partial(_postpone, run.id)))
            return page
        after, until = run.after_id, answer.until or END
        with office.database.read() as tx:
            ours = sync_queries.parcels_between(tx, after, until, PARCELS_MAX)
            until = ours[-1].id if len(ours) == PARCELS_MAX else until
            known = sync_queries.open_between(tx, after, until)
        if len(known) == sync_queries.BETWEEN_MAX:  # the last unit's may go on behind it
            until = known[-1].return_id - 1
            known = [row for row in known if row.return_id <= until]
        ours = [it for it in ours if it.id <= until]
        units = [unit for unit in answer.units if unit.return_id <= until]
        settled = _settle(office, ours, units, known, asked_us)
        seen = len({*(it.id for it in ours), *(unit.return_id for unit in units)})
        following = _page_done(office, run, until, seen, settled)
        if following is None or following.finished_at is not None:
            return page + 1
        run = following
    return PAGES_PER_ROUND


def _postpone(run_id: str, tx: Tx, at: datetime) -> None:
    sync_errands.postpone_run(tx, run_id, at + WAIT)


def _page_done(office: Office, run: Run, until: int, seen: int, settled: "_Settled") -> Run | None:
    def write(tx: Tx, at: datetime) -> bytes:
        count = int(settled.write(tx, at))
        end_us = to_us(at) if until == END else None
        if not sync_errands.move_run(tx, run, run.after_id if end_us else until, seen, count, end_us):
            raise Refused("version_conflict")
        return b""

    try:
        office.desk.perform_now(Errand(write))
    except Refused:
        return None
    with office.database.read() as tx:
        return sync_queries.run(tx, run.id)


def _settle(office: Office, ours: Iterable[Parcel], units: Iterable[wire.UnitState], known: list[DifferenceRow],
            asked_us: int) -> "_Settled":  # fmt: skip
    """What seems to differ, after the marketplace was asked to announce again what is not here."""
    here, there = {it.id: it for it in ours}, {unit.return_id: unit for unit in units}
    sides = {key: side_of(it, retelling.instants(it)) for key, it in here.items()}
    suspects = [key for key in here.keys() | there.keys() if gaps(sides.get(key), _side(there.get(key)))]
    tried = {row.return_id for row in known if row.tried_at is not None}
    lacking = [
        key
        for key in suspects
        if key in there and not there[key].waits and key not in tried
        and any(gap.remedy is Remedy.ASK for gap in gaps(sides.get(key), _side(there[key])))
    ]  # fmt: skip
    return _Settled(sorted(suspects), there, known, asked_us, _asked_again(office, lacking))


def _asked_again(office: Office, ids: list[int]) -> frozenset[int]:
    if not ids:
        return frozenset()
    try:
        answer = say(office, "send-again", wire.SendAgain(tuple(ids[:PAGE_UNITS])))
        return frozenset(outside.read(answer, wire.SentAgain).return_ids)
    except (httpx2.HTTPError, Refused):
        return frozenset()


class _Settled(msgspec.Struct, frozen=True):
    """What is left to be written, in one transaction that looks at our side afresh."""

    suspects: list[int]
    there: dict[int, wire.UnitState]
    known: list[DifferenceRow]
    asked_us: int
    asked: frozenset[int]

    def write(self, tx: Tx, at: datetime) -> bytes:
        """The differences; reports that the marketplace lacks go out again, once. The number of differences."""
        known = sync_queries.open_of(tx, sorted({*self.suspects, *(row.return_id for row in self.known)}))
        here = {it.id: it for it in _parcels(tx, self.suspects)}
        moving = tables.journal.moving(tx, self.suspects, self.asked_us - MARGIN_US)
        tried = {(row.return_id, row.what) for row in known if row.tried_at is not None}
        found: dict[int, tuple[str, list[tuple[Gap, bool]]]] = {}
        for key in self.suspects:
            unit, it = self.there.get(key), here.get(key)
            told = retelling.reports(tx, key) if it is not None else []
            ours = None if it is None else retelling.side_told(it, told)
            differing = gaps(ours, _side(unit))
            if not differing:
                continue
            waits = key in moving or (unit is not None and unit.waits)
            number = unit.return_number if unit is not None else it.unit.return_number if it is not None else ""
            found[key] = (number, self._remedies(tx, key, told, differing, at, waits=waits, tried=tried))
        return str(sync_errands.write_differences(tx, known, found, at)).encode()

    def _remedies(self, tx: Tx, key: int, told: list[retelling.Report], differing: list[Gap], at: datetime, *,
                  waits: bool, tried: set[tuple[int, str]]) -> list[tuple[Gap, bool]]:  # fmt: skip
        """Each gap with what is done about it now, and whether that was done."""
        if waits:
            return [(replace(gap, remedy=Remedy.WAITS), False) for gap in differing]
        lacking = {str(gap.what) for gap in differing if gap.remedy is Remedy.TELL and (key, gap.what) not in tried}
        reports = retelling.again(told, lacking) if lacking else []
        if reports:
            sync_errands.tell_again(tx, key, reports, at)
        done = []
        for gap in differing:
            told_now = bool(reports) and str(gap.what) in lacking
            helped = told_now if gap.remedy is Remedy.TELL else gap.remedy is Remedy.ASK and key in self.asked
            stays = helped or (gap.remedy is Remedy.ASK and (key, gap.what) not in tried)
            done.append((gap if stays else replace(gap, remedy=Remedy.PERSON), helped))
        return done


def _parcels(tx: Tx, ids: Sequence[int]) -> list[Parcel]:
    return [loads.decode_parcel(row[1]) for row in tx.rows(loads.LOAD, ids=list(ids))] if ids else []


def _side(unit: wire.UnitState | None) -> Side | None:
    """The marketplace's side. A stage that we do not know is one in which nothing can be compared."""
    if unit is None:
        return None
    stage = Stage(unit.stage) if unit.stage in list(Stage) else Stage.HELD
    return Side(stage, unit.arrived_at_us, unit.mark, unit.mark_revision, unit.parcel_status, unit.decision,
                unit.decide_by_us, unit.certificate)  # fmt: skip
