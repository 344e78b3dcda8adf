"""Planted bugs of keys, messages and events: 1, 2, 28 to 41 of the register, and some of our own."""

import sys
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy import bindparam

from backhaul.kit import desk, outbox
from backhaul.kit.database import Statement
from backhaul.kit.database import transaction as begun
from backhaul.kit.desk import Desk
from backhaul.kit.journal import GENESIS, Journal
from backhaul.kit.machine import Refused
from backhaul.kit.outbox import Mailroom
from backhaul.kit.rounds import Outcome, mark_of
from backhaul.marketplace import access
from backhaul.marketplace.perform import Marketplace
from backhaul.marketplace.rules import claims, decisions
from backhaul.marketplace.rules import commands as do
from backhaul.partner import access as partner_access
from backhaul.partner import reconciling
from backhaul.partner.perform import Partner
from tests.simulation.bugs.planting import Plant, bug

KEYS = (access.KeyCaller, partner_access.KeyCaller)


def _written(plant: Plant, change: Any) -> None:
    """`change(tx, events, entries, letters, answers)` gives what is written instead."""

    def make(original: Any) -> Any:
        def write(self: Journal, tx: Any, *rows: Any) -> None:
            original(self, tx, *change(self, tx, *rows))

        return write

    plant.instead(Journal, "write", make)


@bug(1)
def no_remembered_answer(plant: Plant) -> None:
    """Nobody remembers what a key was answered."""
    _written(plant, lambda _, __, events, entries, letters, ___: (events, entries, letters, []))


@bug(2)
def answer_remembered_afterwards(plant: Plant) -> None:
    """The answer is remembered in a transaction of its own, after the work."""
    kept: list[Any] = []

    def change(_: Any, __: Any, events: Any, entries: Any, letters: Any, answers: Any) -> Any:
        kept.extend(answers)
        return events, entries, letters, []

    _written(plant, change)

    def make(original: Any) -> Any:
        def handle(self: Any, works: Any, again: int = 2) -> Any:
            kept.clear()  # what a crash left of the work before is lost
            results = original(self, works, again)
            rows = list(kept)
            if rows:
                with suppress(Exception), begun(self._connection, "sqlite") as tx:
                    tx.put(self.house.journal._insert_answer, rows)
            return results

        return handle

    plant.instead(Desk, "_handle", make)


@bug(28)
def letter_before_the_commit(plant: Plant) -> None:
    """Letters go out while their change is not yet certain."""
    simulation = plant.simulation

    def change(journal: Any, _: Any, events: Any, entries: Any, letters: Any, answers: Any) -> Any:
        house = simulation.marketplace if journal is Marketplace.journal else simulation.partner
        for row in letters:
            with house.office.database.read() as look:
                to = house.office.mailroom.find(look, row["receiver"])
            with suppress(Exception):
                house.office.mailroom._send(row["id"], row["receiver"], row["body"], to, house.clock.now())
        return events, entries, letters, answers

    _written(plant, change)


@bug(29)
def fire_and_forget(plant: Plant) -> None:
    """What was posted counts as taken, whatever is answered."""

    def make(original: Any) -> Any:
        def send(self: Any, *given: Any) -> Any:
            original(self, *given)
            return Outcome("200", sent=True), True

        return send

    plant.instead(Mailroom, "_send", make)


@bug(30)
def messages_taken_twice(plant: Plant) -> None:
    """The receiver does not look whether it had a message before."""

    def make(original: Any) -> Any:
        def known(self: Any, tx: Any, keys: list[str]) -> Any:
            return {pair: found for pair, found in original(self, tx, keys).items() if not pair[1].startswith("msg_")}

        return known

    plant.instead(Journal, "known_answers", make)

    def change(journal: Any, tx: Any, events: Any, entries: Any, letters: Any, answers: Any) -> Any:
        there = {row[0] for row in tx.rows(Statement(sa.select(journal.answers.c.key)))}
        return events, entries, letters, [row for row in answers if row["key"] not in there]

    _written(plant, change)


@bug(31)
def letters_out_of_order(plant: Plant) -> None:
    """A letter does not wait for those before it."""

    def run(house: Any) -> None:
        table = house.office.house.journal.outbox
        house.office.mailroom._due = Statement(
            sa.select(table.c.id, table.c.receiver, table.c.body, table.c.tries)
            .where(table.c.next_us <= bindparam("now_us"))
            .order_by(table.c.next_us.desc(), table.c.seq.desc())
        )

    plant.at_start(run)


@bug(33)
def dead_letter(plant: Plant) -> None:
    """After three tries a letter is given up, and nobody is told."""
    plant.value(
        outbox, "mark_of", lambda row, tries, outcome, now, jitter: mark_of(row, tries, outcome, now, jitter, 3)
    )


@bug(0)
def deadline_not_told(plant: Plant) -> None:
    """The marketplace hears nothing of decisions."""
    plant.instead(Partner, "letters", lambda original: lambda self, it, event, by, at: (
        [] if type(event).__name__ in ("DeadlineMoved", "DeadlineMissed") else original(self, it, event, by, at)))  # fmt: skip


@bug(0)
def loss_not_told(plant: Plant) -> None:
    """The partner does not hear that a unit is lost or on its way."""
    plant.instead(Marketplace, "letters", lambda original: lambda self, it, event, by, at: (
        [] if type(event).__name__ in ("WentMissing", "Dispatched") else original(self, it, event, by, at)))  # fmt: skip


@bug(0)
def letters_kept_in_memory(plant: Plant) -> None:
    """Letters wait in the process and not in the database: a crash loses them."""
    plant.instead(Mailroom, "send_due", lambda _: lambda self: 0)
    _written(plant, lambda _, __, events, entries, ___, answers: (events, entries, [], answers))


@bug(0)
def acknowledged_and_not_committed(plant: Plant) -> None:
    """Now and then a commit fails, and the caller is told that all went well."""
    _lost_commits(plant, lambda: True)


@bug(0)
def acknowledged_to_programs_and_not_committed(plant: Plant) -> None:
    """The same, of what programs ask for alone."""
    asks: list[Any] = []

    def make(original: Any) -> Any:
        def handle(self: Any, works: Any, again: int = 2) -> Any:
            asks[:] = [work for work, _ in works if isinstance(getattr(work, "caller", None), KEYS)]
            return original(self, works, again)

        return handle

    plant.instead(Desk, "_handle", make)
    _lost_commits(plant, lambda: bool(asks))


def _lost_commits(plant: Plant, is_one: Any) -> None:
    chance = Random("lost commits")

    def make(original: Any) -> Any:
        @contextmanager
        def transaction(connection: Any, dialect: str) -> Any:
            with original(connection, dialect) as tx:
                yield tx
                if is_one() and chance.random() < 0.05:
                    connection.execute("ROLLBACK")
                    connection.execute("BEGIN")

        return transaction

    plant.instead(desk, "transaction", make)


# What fails, and nobody is told


@bug(0)
def programs_always_fail(plant: Plant) -> None:
    """Every command that comes by a key is a fault of the program."""
    _fails(plant, lambda work: isinstance(work.caller, KEYS))


@bug(0)
def check_in_fails(plant: Plant) -> None:
    """What a clerk takes in with a seal on it is a fault of the program."""
    _fails(plant, lambda work: isinstance(work.command, do.CheckIn) and bool(work.command.seal))


def _fails(plant: Plant, at: Any) -> None:
    def make(original: Any) -> Any:
        def decide(self: Any, work: Any, *rest: Any) -> Any:
            if at(work):
                raise ValueError("a fault of the program")
            return original(self, work, *rest)

        return decide

    plant.instead(Desk, "_decide", make)


@bug(0)
def requests_fail(plant: Plant) -> None:
    """A return of two units is a fault of the program."""

    def make(original: Any) -> Any:
        def request(tx: Any, desk: Any, line_id: int, command: Any, *rest: Any) -> Any:
            if command.units > 1:
                raise KeyError("units")
            return original(tx, desk, line_id, command, *rest)

        return request

    plant.instead(simulator(plant), "request_returns", make)


def simulator(plant: Plant) -> Any:
    """The module that calls `request_returns`, as a door would."""
    return sys.modules[type(plant.simulation).__module__]


@bug(0)
def nothing_is_compared(plant: Plant) -> None:
    """The partner's comparison with the marketplace fails each time, and its worker goes on."""

    def fail(_: Any) -> int:
        raise ValueError("a fault of the program")

    plant.value(reconciling, "reconcile", fail)


# Keys


@bug(34)
def looking_key_acts(plant: Plant) -> None:
    """A key that may only look may act: neither the law nor the connection stops it."""
    _looks_written(plant)
    plant.value(Marketplace, "may_write", lambda *_: True)


def _looks_written(plant: Plant) -> None:
    def make(original: Any) -> Any:
        def key(*given: Any) -> Any:
            found = original(*given)
            return found if isinstance(found, Refused) else replace(found, writes=True)

        return key

    plant.instead(access, "_key", make)


@bug(34, masked_by="the connection of such a key cannot write", pair="looking-key-acts")
def looking_key_passes_the_law(plant: Plant) -> None:
    """The law takes a key that may only look for one that may act."""
    _looks_written(plant)


@bug(35)
def anybodys_return(plant: Plant) -> None:
    """A seller's question names no seller."""
    plant.value(decisions, "concerns", lambda *_: True)


@bug(36)
def others_are_forbidden_not_missing(plant: Plant) -> None:
    """Others' returns answer that they are forbidden, and so that they are there."""

    def make(original: Any) -> Any:
        def decide(self: Any, it: Any, command: Any, by: Any, at: Any, around: Any) -> Any:
            if by.role == "seller" and str(it.seller_id) != by.subject:
                raise Refused("not_your_role", "forbidden")
            return original(self, it, command, by, at, around)

        return decide

    plant.instead(Marketplace, "decide", make)


@bug(37)
def revoked_key_remembered(plant: Plant) -> None:
    """Who a key is was asked once, and is remembered."""
    known: dict[Any, Any] = {}

    def make(original: Any) -> Any:
        def key(caller: Any, rows: Any, now_us: int) -> Any:
            if caller.key not in known:
                found = original(caller, rows, now_us)
                if isinstance(found, Refused):
                    return found
                known[caller.key] = found
            return known[caller.key]

        return key

    plant.instead(access, "_key", make)


# Events


@bug(39)
def events_changed_in_place(plant: Plant) -> None:
    """What happened is corrected where it stands."""
    for house in (plant.simulation.marketplace, plant.simulation.partner):
        connection = house.office.desk._connection
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")

    def change(_: Any, tx: Any, events: Any, *rest: Any) -> Any:
        tx.connection.execute(
            "UPDATE events SET data = replace(data, '\"at\"', '\"At\"') WHERE seq = 1 AND case_id % 2 = 0"
        )
        return (events, *rest)

    _written(plant, change)


@bug(40)
def event_missing(plant: Plant) -> None:
    """Some changes leave no event."""
    _written(
        plant,
        lambda _, __, events, *rest: ([row for row in events if row["kind"] not in ("PointChosen", "Reminded")], *rest),
    )


@bug(41)
def event_without_actor(plant: Plant) -> None:
    """Nobody writes down who it was."""
    plant.value(Marketplace, "signature", lambda _, by: (by.role, ""))


@bug(0)
def chain_without_links(plant: Plant) -> None:
    """An event's hash does not reach back."""
    plant.instead(desk, "event_hash", lambda original: lambda _, *rest: original(GENESIS, *rest))


@bug(0)
def row_behind_its_events(plant: Plant) -> None:
    """A change is written down as an event, and the row of the return does not follow."""

    def make(original: Any) -> Any:
        def evolve(self: Any, it: Any, event: Any) -> Any:
            after = original(self, it, event)
            return replace(after, status=it.status) if type(event).__name__ == "OfferDeclined" else after

        return evolve

    plant.instead(Marketplace, "evolve", make)


@bug(0)
def older_mark_over_a_newer_one(plant: Plant) -> None:
    """A result of an inspection that comes once more, or late, counts again."""
    plant.instead(claims, "after_mark", lambda original: lambda it, report, at, policy: original(
        replace(it, parcel=replace(it.parcel, mark_revision=0)), report, at, policy) if it.parcel else original(
        it, report, at, policy))  # fmt: skip
    messages_taken_twice(plant)


@bug(0)
def key_taken_for_another_request(plant: Plant) -> None:
    """The same key with another request gets the first one's answer."""

    def make(original: Any) -> Any:
        def remembered(self: Any, work: Any, names: Any, known: Any) -> Any:
            try:
                return original(self, work, names, known)
            except Refused:
                return desk.Answer(known[names[work.caller], work.key][1])

        return remembered

    plant.instead(Desk, "_remembered", make)
