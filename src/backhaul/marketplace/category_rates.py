"""What categories come to with all sellers together. Summed once a day, for that reads the lines of every seller."""

from collections.abc import Sequence
from datetime import date, datetime

from backhaul.kit.database import Database
from backhaul.kit.days import MOSCOW
from backhaul.marketplace import metric_queries
from backhaul.marketplace.metric_queries import CategorySums

# Of two sellers each would read the other's rate out of the common one and its own.
SELLERS_MIN = 3


class CategoryRates:
    """The sums of a house, kept in memory for the day of Moscow on which they were taken. Threads may take the same one twice.

    They are taken over all sellers, on a look of their own: whoever asks may see their own rows only.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: tuple[date, dict[tuple[datetime, str], CategorySums]] = (date.min, {})

    def of(self, names: Sequence[str], since: datetime, until: datetime, now: datetime) -> dict[str, CategorySums]:
        """Those of which enough sellers delivered something in the period."""
        day = now.astimezone(MOSCOW).date()
        if self._kept[0] != day:
            self._kept = (day, {})
        kept = self._kept[1]
        lacking = sorted({name for name in names if (since, name) not in kept})
        if lacking:
            with self._database.read() as tx:
                found = metric_queries.of_categories(tx, lacking, since, until, now)
            kept.update({(since, name): found[name] for name in lacking})
        return {name: sums for name in names if (sums := kept[since, name]).sellers >= SELLERS_MIN}
