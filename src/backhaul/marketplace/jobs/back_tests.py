"""A rate card over what is past, however much it is: a row for each return that brought something by the table."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from backhaul.kit.days import MOSCOW, to_us
from backhaul.kit.i18n import N_
from backhaul.marketplace import term_queries
from backhaul.marketplace.jobs import queries
from backhaul.marketplace.jobs.exports import within
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.jobs.steps import Bench, Kind, Step
from backhaul.marketplace.rules.back_tests import Past, Tally, compensation_of
from backhaul.marketplace.rules.compensation import RateCard, quote

COLUMNS = (
    "return_id", "return_number", "seller_id", "class", "weight_gram", "price", "before", "after", "change", "currency",
)  # fmt: skip


def back_test(bench: Bench, job: Job) -> Iterator[Step]:
    """The oldest first; the sums are those of all rows, in kopecks."""
    asked: Any = job.wanted
    low, high = (
        to_us(datetime(day.year, day.month, day.day, tzinfo=MOSCOW))
        for day in (asked.first, asked.last + timedelta(days=1))
    )
    with bench.look(job) as tx:
        card = msgspec.json.decode(queries.input_of(tx, job.id), type=RateCard)
        total = term_queries.count_past(tx, low, high)
    tally, place, done, rows_made = Tally(), (low, -1), 0, 0
    while True:
        with bench.look(job) as tx:
            found, place = term_queries.past_page(tx, low, high, place)
        rows = [row for it in found if (row := _row(card, it, tally)) is not None]
        done, rows_made = done + len(found), rows_made + len(rows)
        within(rows_made, asked.file)
        yield Step(done, total, rows, {
            "returns": tally.returns, "gaining": tally.gaining, "losing": tally.losing,
            "before_minor": tally.before_minor, "after_minor": tally.after_minor,
        })  # fmt: skip
        if len(found) < term_queries.PAST_ROWS:
            return


def _row(card: RateCard, it: Past, tally: Tally) -> list[Any] | None:
    brought = compensation_of(it)
    if brought is None:
        return None
    before, after = brought.amount, quote(card, brought.quality, brought.weight_gram, brought.price).amount
    change = after.minor - before.minor
    tally.returns += 1
    tally.before_minor += before.minor
    tally.after_minor += after.minor
    tally.gaining += change > 0
    tally.losing += change < 0
    amounts = (_decimal(minor) for minor in (brought.price.minor, before.minor, after.minor, change))
    return [it.id, it.number, it.seller_id, brought.quality.value, brought.weight_gram, *amounts, before.currency]


def _decimal(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)


KINDS = {"back_test": Kind(COLUMNS, N_("Back-test"), back_test)}
