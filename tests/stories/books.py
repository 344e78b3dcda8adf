"""What stands in the marketplace's ledger, account by account, as the journeys count it: to the kopeck."""

from backhaul.marketplace import tables
from backhaul.world import World
from tests.stories.test_ship_to_hong_kong import ledger

# What has left for the bank, which has not answered yet.
IN_TRANSIT, OWED, CARRIERS = "clearing:refunds_in_transit", "liability:refunds", "receivable:carriers"
EXPENSE, ACCRUED = "expense:disposal_compensation", "liability:accrued_compensation"
FRAUD_FUND = "expense:fraud_fund"


def payable(seller: tuple[int, str]) -> str:
    """What the marketplace owes this seller."""
    return f"payable:seller:{seller[0]}"


def balances(world: World, return_id: int | None = None) -> dict[str, int]:
    """Credits less debits in kopecks, of everything or of one return; accounts that come to nothing are left out."""
    books: dict[str, int] = {}
    for cause, debit, credit, minor, currency in ledger(world.stage.marketplace.database, tables.journal.entries):
        if return_id is not None and str(return_id) not in cause.split(":"):
            continue
        assert "RUB" == currency
        books[debit] = books.get(debit, 0) - minor
        books[credit] = books.get(credit, 0) + minor
    return {account: minor for account, minor in books.items() if minor}
