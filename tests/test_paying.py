"""Payout files and bank statements on the command line: beside a running house and without one, on both databases."""

import io
from pathlib import Path

from rich.console import Console

from backhaul import paying
from backhaul.kit.occupancy import Note, Occupancy
from backhaul.kit.server import Served
from backhaul.marketplace.app import make_app
from tests.marketplace.bank import bank_of, entry, payments, rounds, statement
from tests.marketplace.cast import market, moscow
from tests.marketplace.test_payouts import key, refund, refunded


def told(run: object, *args: object) -> tuple[int, str]:
    said = io.StringIO()
    return run(*args, Console(file=said, width=200)), said.getvalue().strip()  # type: ignore[operator]


def test_a_file_is_listed_and_written_and_its_statement_taken_in(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as shop:
        bank_of(shop)
        (return_id,) = refunded(shop)
        rounds(shop)
        shop.clock.turn_to(moscow("2024-09-04 09:00"))
        code, listed = told(paying.listed, tmp_path, database_url)

        assert (0, "1  PAYOUTS-000001  handed_over  1  12400.00 RUB  2024-09-02T09:00:00+00:00") == (code, listed)

        code, said = told(paying.written, 1, tmp_path / "out.xml", tmp_path, database_url)

        assert (0, True) == (code, said.startswith(f"{tmp_path / 'out.xml'}: "))
        assert [(key(return_id), "12400.00")] == payments((tmp_path / "out.xml").read_bytes())
        assert 1 == told(paying.written, 77, tmp_path / "no.xml", tmp_path, database_url)[0]
        assert not (tmp_path / "no.xml").exists()

    source = tmp_path / "s.xml"
    source.write_bytes(statement([entry(key(return_id))]))

    assert (0, "statement 1: 1 entries, 1 applied, 0 known already, 0 fit nothing") == told(
        paying.take_in, source, tmp_path, database_url
    )
    assert (0, "statement 1, taken in before: 1 entries, 1 applied, 0 known already, 0 fit nothing") == told(
        paying.take_in, source, tmp_path, database_url
    )


def test_a_running_house_takes_a_statement_through_its_door(tmp_path: Path) -> None:
    data = tmp_path / "data"
    url = f"sqlite:///{data / 'marketplace.db'}"
    data.mkdir()
    held = Occupancy(data)
    with market(url, tmp_path) as shop:
        bank_of(shop)
        (return_id,) = refunded(shop)
        rounds(shop)
        shop.clock.turn_to(moscow("2024-09-04 09:00"))
        shop.office.admin_token = "token"
        served = Served(make_app(shop.office)).start()
        held.put_note(Note(served.url, "token"))
        source = tmp_path / "s.xml"
        source.write_bytes(statement([entry(key(return_id)), entry("REFUND-1-1")]))
        found = told(paying.take_in, source, data, "")
        source.write_bytes(b"<html/>")
        refused = told(paying.take_in, source, data, "")
        served.stop()
        held.leave()

        assert (1, "statement 1: 2 entries, 1 applied, 0 known already, 1 fit nothing") == found
        assert (1, "This is no bank statement that can be read: it is neither camt.053 nor pain.002.") == refused
        assert ("confirmed", 1) == refund(shop, return_id)
