"""The events are the house: from them alone every table that is derived comes out the same, row for row (T14)."""

from pathlib import Path

from backhaul.marketplace.rules.words import Status
from tests import replayed
from tests.marketplace.cast import market

STATUSES = (
    Status.NEW,
    Status.CANCELLED,
    Status.REJECTED,
    Status.DISPUTE,
    Status.PARTIALLY_REFUNDED,
    Status.AT_PARTNER,
    Status.DISPOSED_BY_MARKETPLACE,
)


def test_the_tables_of_every_status_come_out_of_the_events(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as shop:
        for status in STATUSES:
            shop.in_status(status)
        assert replayed.differences(shop.office) == []
        # The control: an event that is left out is seen.
        assert replayed.differences(shop.office, skip=1) != []
        assert shop.now_is(100_001).status is Status.NEW
