"""One act on many returns, some at a time. The key of each is the job's and the return's: done again, it answers as before."""

from collections.abc import Iterator
from typing import Any

import msgspec

from backhaul.kit.desk import Answer, Order, fingerprint
from backhaul.kit.forms import convert
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import access
from backhaul.marketplace.jobs import queries
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.jobs.steps import Bench, Kind, Step, answers, is_away
from backhaul.marketplace.refusal_texts import explain
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.returns import Return

ITEMS_A_STEP = 50
COLUMNS = ("return_id", "return_number", "done", "status", "code", "detail")

Item = tuple[int, int | None]  # a return, and the version of it that was seen


class Became(msgspec.Struct, frozen=True):
    """What is remembered of a return that was decided."""

    number: str
    status: str


def encoded(items: list[Item]) -> bytes:
    """The input of such a job."""
    return msgspec.json.encode(items)


def decide(bench: Bench, job: Job) -> Iterator[Step]:
    """Each return of the input in its order; one that is refused, or at which the law itself fails, harms no other (R108)."""
    asked: Any = job.wanted
    command = convert(getattr(do, asked.act), asked.body)
    items, last = _items(bench, job), Step(0, job.total)
    for start in range(0, len(items), ITEMS_A_STEP):
        some = items[start : start + ITEMS_A_STEP]
        with bench.database.read() as tx:
            objection = access.objection(tx, asked.by, bench.now())
        if objection is not None:
            yield from done_before(bench, job, last)
            raise objection
        answers = bench.desk.perform_all_now([_order(job, command, item) for item in some])
        rows = [_row(item, answer, asked.language) for item, answer in zip(some, answers, strict=True)]
        decided = last.told.get("decided", 0) + sum(1 for row in rows if row[2])
        done = start + len(some)
        last = Step(done, len(items), rows, {"decided": decided, "refused": done - decided})
        yield last


def done_before(bench: Bench, job: Job, last: Step) -> Iterator[Step]:
    """Of the returns that come after this step, those that an earlier attempt had decided."""
    asked: Any = job.wanted
    items, decided, refused = _items(bench, job), last.told.get("decided", 0), last.told.get("refused", 0)
    for start in range(last.done, len(items), ITEMS_A_STEP):
        some = {_key(job, item): item for item in items[start : start + ITEMS_A_STEP]}
        found = answers(bench, asked.by, list(some))
        rows = [_row(some[key], Answer(body), asked.language) for key, body in found.items()]
        decided += len(rows)
        yield Step(decided + refused, len(items), rows, {"decided": decided, "refused": refused})


def _items(bench: Bench, job: Job) -> list[Item]:
    with bench.look(job) as tx:
        return msgspec.json.decode(queries.input_of(tx, job.id), type=list[Item])


def _key(job: Job, item: Item) -> str:
    return f"job-{job.id}:{item[0]}"


def _order(job: Job, command: Any, item: Item) -> Order:
    return_id, seen = item
    body_hash = fingerprint((job.id, return_id, type(command).__name__))
    caller = access.Known(job.wanted.by)  # type: ignore[union-attr]  # work of this kind has one
    return Order(return_id, command, caller, _key(job, item), body_hash, seen, f"job-{job.id}", _remembered)


def _remembered(it: Return) -> bytes:
    return msgspec.json.encode(Became(it.number, it.status))


def _row(item: Item, answer: Any, language: str) -> list[Any]:
    if isinstance(answer, Answer):
        became = msgspec.json.decode(answer.body, type=Became)
        return [item[0], became.number, True, became.status, "", ""]
    if not isinstance(answer, Refused) or is_away(answer):
        raise answer
    return [item[0], f"R-{item[0]}", False, "", answer.code, explain(answer, language)]


KINDS = {"decisions": Kind(COLUMNS, N_("Decisions"), decide, changes=True, done_before=done_before)}
