"""The dashboard and the alert rules in deploy/ ask for what the houses really show, and each alert fires when it must and only then.

Metrics are those of running houses, well and in trouble. Whether an alert fires on them is judged by Prometheus's own promtool
(`./bh soak`); names and labels are looked at in every run.
"""

import json
import logging
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx2
import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client.parser import text_string_to_metric_families

from backhaul.kit import gauges, logs
from backhaul.kit.database import DatabaseError, Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Errand
from backhaul.kit.journal import Letter, letter_row
from backhaul.kit.running import Worker
from backhaul.marketplace import tables
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ELIF, Market, market
from tests.observing.ears import Ears, listened
from tests.partner.house import opened
from tests.promtool import promtool

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana/backhaul.json").read_text())
PROMETHEUS_OWN = {"up"}  # and the labels that it gives: `job`, `instance`
SELECTOR = re.compile(r"\b((?:backhaul|process)_\w+|up)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|=|!=|!~)"([^"]*)"')
BY = re.compile(r"\bby \(([^)]*)\)")

Sample = tuple[str, tuple[tuple[str, str], ...]]
Scrape = dict[Sample, float]


def parsed(text: str) -> Scrape:
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def scraped(ears: Ears) -> Scrape:
    return parsed(ears.metrics().text)


def expressions() -> dict[str, str]:
    asked = {rule["alert"]: rule["expr"] for rule in RULES}
    for panel in DASHBOARD["panels"]:
        for n, target in enumerate(panel.get("targets", ())):
            asked[f"{panel['title']} {n}"] = target["expr"].replace("$house", ".*")
    return asked


def unknown(expression: str, shown: Scrape) -> list[str]:
    """What an expression asks for and nobody shows: a name, a label, or a value of a label."""
    found = []
    for name, matchers in SELECTOR.findall(expression):
        if name in PROMETHEUS_OWN:
            continue
        series = [dict(labels) for known, labels in shown if known == name]
        if not series:
            found.append(name)
            continue
        wanted = [one for one in MATCHER.findall(matchers) if one[0] != "job"]
        if not any(all(_fits(labels, *one) for one in wanted) for labels in series):
            found.append(f"{name}{{{matchers}}}")
        grouped = {label.strip() for labels in BY.findall(expression) for label in labels.split(",")}
        found += [f"{name} by {label}" for label in grouped if label not in series[0]]
    return found


def _fits(labels: dict[str, str], name: str, how: str, value: str) -> bool:
    if name not in labels:
        return False
    fits = bool(re.fullmatch(value, labels[name])) if "~" in how else labels[name] == value
    return fits is not how.startswith("!")


# -- Trouble, made by hand in a real house ------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as here:
        yield here


def fails(_tx: Tx, _at: datetime) -> bytes:
    raise RuntimeError


def broken_work(shop: Market, _: Ears) -> None:
    with pytest.raises(Exception, match="failed"):
        shop.office.desk.perform_now(Errand(fails))


def desk_behind(shop: Market, ears: Ears) -> Scrape:
    """Somebody's work takes long, and what was handed in after it is six seconds old."""
    go, began = Event(), Event()

    def slow(_tx: Tx, _at: datetime) -> bytes:
        began.set()
        go.wait(20)
        return b""

    threads = [Thread(target=shop.office.desk.perform_now, args=(Errand(slow),))]
    threads[0].start()
    began.wait(20)
    threads.append(Thread(target=shop.office.desk.perform_now, args=(Errand(lambda _tx, _at: b""),)))
    threads[1].start()
    while shop.office.desk.clerk.queue()[0] == 0:
        time.sleep(0.001)
    shop.clock.turn(timedelta(seconds=6))
    found = scraped(ears)
    go.set()
    for thread in threads:
        thread.join()
    return found


@contextmanager
def reading(shop: Market, how: Any) -> Iterator[None]:
    """The database answers its readers otherwise for a while."""
    before = shop.office.database.read
    shop.office.database.read = how  # type: ignore[method-assign]
    try:
        yield
    finally:
        shop.office.database.read = before  # type: ignore[method-assign]


def away() -> Any:
    raise DatabaseError


def failing_requests(shop: Market, ears: Ears) -> None:
    with reading(shop, away):
        assert httpx2.get(f"{ears.web.url}/api/v1/health").status_code >= 500


def slow_requests(shop: Market, ears: Ears) -> None:
    before = shop.office.database.read

    def slowly() -> Any:
        time.sleep(1.1)
        return before()

    with reading(shop, slowly):
        httpx2.get(f"{ears.web.url}/api/v1/health")


def slow_commits(_: Market, ears: Ears) -> None:
    for _n in range(30):
        ears.listening.watch.committed(0.4)


def failing_worker(_: Market, ears: Ears) -> None:
    def tick() -> int:
        raise RuntimeError

    worker = Worker(tick, "work", ears.listening.watch)
    for _n in range(4):
        worker.start()
        worker.stop()
        worker = Worker(tick, "work", ears.listening.watch)


def waiting_letter(shop: Market, count: int = 1) -> None:
    at_us = to_us(shop.clock.now())
    rows = [
        letter_row(Letter("partner", "return.lost", b"{}"), f"msg_{n}_{count}", n, 1, at_us)
        for n in range(1_000_000, 1_000_000 + count)
    ]
    shop.errand(lambda tx, _: shop.office.house.journal.write(tx, [], [], rows, []))


def waiting_job(shop: Market) -> None:
    at_us = to_us(shop.clock.now())
    empty: dict[str, object] = {
        column.name: 0 if column.type.python_type is int else b"" if column.type.python_type is bytes else ""
        for column in tables.jobs.columns
    }
    row = {**empty, "id": "j1", "state": "queued", "created_us": at_us, "due_us": at_us, "ended_us": None}
    shop.errand(lambda tx, _: tx.many(Statement(tables.jobs.insert()), [row]))


def errors(_: Market, __: Ears) -> None:
    for _n in range(8):
        logging.getLogger("backhaul.worker").error("something is wrong")


def lost_lines(_: Market, ears: Ears) -> None:
    one = logs.Request(datetime.fromisoformat("2024-09-02T10:00:00+00:00"), "marketplace", "1", "GET", "/", 200, 1.0)
    ears.lines._waiting.extend([one] * logs.LINES_MAX)  # noqa: SLF001 -- a reader of the log that has stopped
    ears.lines.request(one)


def well(shop: Market, ears: Ears) -> None:
    """A house on a quiet day: a return is asked for and approved, a few requests are answered, its workers go round."""
    return_id = shop.in_status(Status.SELLER_REVIEW)
    shop.does(ELIF, return_id, do.Approve())
    for _ in range(20):
        httpx2.get(f"{ears.web.url}/api/v1/health")
    httpx2.get(f"{ears.web.url}/api/v1/returns")
    shop.office.mailing.send_due()
    worker = Worker(shop.office.desk.sweep, "work", ears.listening.watch)
    worker.start()
    worker.stop()


def test_what_dashboard_and_rules_ask_for_is_there(shop: Market, tmp_path: Path) -> None:
    with listened(shop.office) as ears:
        well(shop, ears)
        with pytest.raises(Exception, match="not_found"):
            shop.does(ELIF, 999_999, do.Approve())
        failing_requests(shop, ears)
        shown = scraped(ears)
    partners = tmp_path / "partner"
    partners.mkdir()
    with (
        opened(f"sqlite:///{partners / 'database.sqlite'}", partners) as house,
        listened(house.office, "partner") as ears,
    ):
        at_the_partner = scraped(ears)
    asked = expressions()

    assert {} == {title: lacks for title, one in asked.items() if (lacks := unknown(one, shown))}
    assert len(asked) > 45
    assert ["backhaul_nothing"] == unknown("backhaul_nothing > 1", shown)
    assert [True] * 3 == [
        bool(unknown(one, shown))
        for one in ('backhaul_queue_waiting{queue="birds"}', "sum by (person) (backhaul_queue_waiting)",
                    'backhaul_cases{status="new"}')
    ]  # fmt: skip
    gauges_of = {name for name, _ in shown if name.startswith(("backhaul_cases", "backhaul_queue", "backhaul_deadlines", "backhaul_desk_batch"))}  # fmt: skip
    assert gauges_of <= {name for name, _ in at_the_partner}
    assert {"partner"} == {dict(labels).get("house", "partner") for _, labels in at_the_partner}


# -- Does it fire? ------------------------------------------------------------------------------------------------------

ROUND = "backhaul_worker_last_round_timestamp_seconds"
MINUTES = 30


def series(before: Scrape, after: Scrape, since: float, *, up: int = 1, minutes_ago: float = 0) -> list[dict[str, str]]:
    """Half an hour of scrapes: as before for ten minutes, then as after. What counts goes on at the same pace.

    promtool's time begins at 0, so instants are told by it: `since` is when the house was scraped.
    """
    lines = [{"series": 'up{job="backhaul",instance="a"}', "values": f"1x10 {up}x{MINUTES}"}]
    for (name, labels), value in after.items():
        first = before.get((name, labels), 0.0)
        if name == ROUND:
            values = f"0+60x10 {600 - (since - value) - 60 * minutes_ago}+{0 if minutes_ago else 60}x{MINUTES}"
        elif name.endswith(("_total", "_bucket", "_count", "_sum")):
            values = f"{first}+0x10 {value}+{value - first}x{MINUTES}"
        else:
            values = f"{first}x10 {value}x{MINUTES}"
        said = ",".join(f'{label}="{text}"' for label, text in labels)
        lines.append({"series": f"{name}{{{said}}}", "values": values})
    return lines


def firing(tool: Path, folder: Path, told: list[dict[str, str]]) -> set[str]:
    """The alerts that fire half an hour later, as promtool judges: it says what it got where it expected nothing."""
    case = {
        "interval": "1m",
        "input_series": told,
        "alert_rule_test": [
            {"eval_time": f"{MINUTES}m", "alertname": rule["alert"], "exp_alerts": []} for rule in RULES
        ],
    }
    file = folder / "case.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(DEPLOY / "prometheus/rules.yml")], "tests": [case]}))
    done = subprocess.run([tool, "test", "rules", file], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode in (0, 1), said
    fired = set(re.findall(r"alertname: (\w+), time", said))
    assert bool(fired) is (done.returncode == 1), said
    return fired


@pytest.fixture(scope="module")
def tool() -> Path:
    found = promtool()
    if found is None:
        pytest.fail("NOT RUN: there is no promtool, and Debian's package cannot be brought")
    return found


@pytest.mark.slow
def test_promtool_takes_the_rules_and_the_configuration(tool: Path) -> None:
    for file, kind in (("rules.yml", "rules"), ("prometheus.yml", "config")):
        done = subprocess.run(
            [tool, "check", kind, DEPLOY / "prometheus" / file], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_every_alert_fires_in_its_trouble_and_none_on_a_quiet_day(
    tool: Path, shop: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "KEPT_SECONDS", 0.0)
    fired: dict[str, set[str]] = {}
    with listened(shop.office) as ears:
        well(shop, ears)
        quiet = scraped(ears)
        now = max(value for (name, _), value in quiet.items() if name == ROUND) + 1

        def judge(trouble: str, after: Scrape, before: Scrape, **how: Any) -> None:
            fired[trouble] = firing(tool, tmp_path, series(before, after, now, **how))

        well(shop, ears)
        judge("a quiet day", scraped(ears), quiet)
        judge("the process is gone", {}, {}, up=0)
        judge("no worker went round for six minutes", quiet, quiet, minutes_ago=6)
        judge("the desk is behind", desk_behind(shop, ears), quiet)
        for trouble, makes in {
            "work fails": broken_work, "requests fail": failing_requests, "requests are slow": slow_requests,
            "commits are slow": slow_commits, "a worker fails": failing_worker, "errors": errors, "lines are lost": lost_lines,
        }.items():  # fmt: skip
            before = scraped(ears)
            makes(shop, ears)
            judge(trouble, scraped(ears), before)
            ears.lines.dropped = 0
        with reading(shop, away):
            judge("the database is away", scraped(ears), quiet)
        before = scraped(ears)
        shop.in_status(Status.SELLER_REVIEW)
        waiting_letter(shop)
        waiting_job(shop)
        shop.clock.turn(timedelta(days=9))
        judge("nothing is done for nine days", scraped(ears), before)
        shop.office.desk.sweep()
        shop.office.mailing.send_due()
        before = scraped(ears)
        waiting_letter(shop, 10_000)
        judge("ten thousand letters", scraped(ears), before)
        shop.office.desk.close()
        judge("the desk is dead", scraped(ears), before)

    must = {
        "a quiet day": None, "the process is gone": "Down", "no worker went round for six minutes": "WorkerStands",
        "the desk is behind": "DeskBehind", "work fails": "DatabaseFails", "requests fail": "RequestsFail",
        "requests are slow": "RequestsSlow", "commits are slow": "CommitSlow", "a worker fails": "WorkerFails",
        "errors": "Errors", "lines are lost": "LogLost", "the database is away": "GaugesStale",
        "ten thousand letters": "QueueFull", "the desk is dead": "DeskDead",
    }  # fmt: skip
    together = {f"Backhaul{name}" for name in ("SweepLate", "LettersWait", "QueueOld", "JobsWait")}
    assert set() == fired["a quiet day"]
    assert {} == {
        trouble: fired[trouble] for trouble, name in must.items() if name and f"Backhaul{name}" not in fired[trouble]
    }
    assert together <= fired["nothing is done for nine days"]
    assert {rule["alert"] for rule in RULES} == {one for those in fired.values() for one in those}
