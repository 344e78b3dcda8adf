"""What was charged before there were charges is on the next invoice: the ledger's entries become charges, once."""

from pathlib import Path

from alembic import command

from backhaul.kit import migrations
from backhaul.kit.database import Database
from backhaul.partner import invoice_audit, invoice_queries, tables
from backhaul.partner.rules import commands as do
from tests.kit.test_schema_of_notices import migrate
from tests.partner.cast import LUMITEK, RUSLAN, VERA, moscow
from tests.partner.house import CHEN, opened


def test_entries_of_before_become_charges(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as house:
        chen = house.account(CHEN).by()
        house.expects()
        house.arrives()
        house.gives(chen, do.OrderMedia())
        house.gives(VERA, do.DeliverMedia(("m1",)))
        house.gives(chen, do.Decide("ship_hk", house.hong_kong))
        house.clock.turn_to(moscow("2024-10-07 12:00"))
        house.gives(RUSLAN, do.PrintLabel())
    database = Database(database_url)
    migrate(database, "partner", command.downgrade, "0002")
    migrations.upgrade(database, "backhaul.partner", tables.metadata)

    with database.read() as tx:
        lines = invoice_queries.statement(tx, [LUMITEK], "2024-10")
        faults = invoice_audit.faults(tx)
    database.close()

    assert {
        ("receipt", "Arrived", 1, "6.00 CNY", ""), ("media", "MediaOrdered", 1, "5.00 CNY", ""),
        ("ship_hk", "LabelPrinted", 1, "68.00 CNY", ""), ("storage", "LabelPrinted", 1, "6.00 CNY", ""),
    } == {(it.service, it.event, it.quantity, str(it.amount), it.tariff) for it in lines}  # fmt: skip
    assert 4 == len(lines)
    assert {("P-100001", "R-100017", "")} == {(it.number, it.return_number, it.invoice) for it in lines}
    assert [] == faults
