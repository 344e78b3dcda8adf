"""Long work on the command line, beside a house that runs: what is listed with its bar, and the file that came of it."""

import io
import threading
from pathlib import Path

from rich.console import Console

from backhaul import job_bars
from backhaul.marketplace import job_doors
from backhaul.marketplace.jobs.wanted import Breaks, StatementOf
from tests.marketplace.cast import ELIF, MORNING, Market, market


def asked(shop: Market) -> tuple[str, str]:
    """Two jobs of a seller: breaks, and a statement of a day."""
    day = MORNING.date()
    statement = StatementOf(of=f"seller:{ELIF.subject}", first=day, last=day, currency="RUB")
    wanted = (Breaks(seller_id=int(ELIF.subject)), statement)
    first, second = (shop.office.desk.perform_now(job_doors.ordering(shop.office, it, ELIF)).body for it in wanted)
    return first.decode(), second.decode()


def console(out: io.StringIO) -> Console:
    return Console(file=out, width=200)


def test_jobs_are_listed_with_their_bars_and_a_result_is_written(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as shop:
        data, out = tmp_path / "data", io.StringIO()
        assert 0 == job_bars.shown(data, database_url, console(out), watch=True, clock=shop.clock)
        assert "nothing has been done in the background yet" in out.getvalue()

        breaks, statement = asked(shop)
        job_bars.shown(data, database_url, console(out := io.StringIO()), watch=False, clock=shop.clock)
        assert ["queued", "queued"] == [line.split()[-1] for line in out.getvalue().strip().splitlines()]
        assert 1 == job_bars.fetched(statement, None, data, database_url, console(out), clock=shop.clock)

        worker = threading.Thread(target=lambda: [None for _ in range(100) if shop.office.jobs.work()])
        worker.start()
        code = job_bars.shown(data, database_url, console(out := io.StringIO()), watch=True, clock=shop.clock)
        worker.join()
        lines = {line.split()[0]: line for line in out.getvalue().strip().splitlines()}
        assert (0, {breaks, statement}) == (code, set(lines))
        assert "done: 2 rows" in lines[statement]

        target = tmp_path / "statement.csv"
        assert 0 == job_bars.fetched(statement, target, data, database_url, console(out), clock=shop.clock)
        assert ["opening", "closing"] == [
            line.split(",")[-1] for line in target.read_text("utf-8-sig").splitlines()[1:]
        ]


def test_a_directory_without_a_house_is_told(tmp_path: Path) -> None:
    out = io.StringIO()

    assert 2 == job_bars.shown(tmp_path / "nowhere", "", console(out), watch=False)
    assert "cannot be read" in out.getvalue()
