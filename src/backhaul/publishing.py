"""Publishing a version of the rule cards from a file: into a running house through its door, else under its lock."""

from pathlib import Path

import httpx2
import msgspec
from rich.console import Console

from backhaul.importing import house_runs
from backhaul.kit.clock import Clock
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.kit.occupancy import Occupancy, Taken, note_of
from backhaul.marketplace import publications
from backhaul.marketplace.office import open_office
from backhaul.marketplace.rules.rule_book import SEED_BOOK
from backhaul.marketplace.rules.rule_cards import RuleBook


def run(source: Path, data: Path, database_url: str, console: Console) -> int:
    """Publish the file's version; the exit code: 0 published, 1 refused, 2 nothing could be read or reached."""
    try:
        book = msgspec.json.decode(source.read_bytes(), type=RuleBook)
        _publish(book, data, database_url)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        console.print(f"{source}: {error}", style="red", markup=False)
        return 2
    except Refused as refused:
        for fault in _faults(refused):
            console.print(fault, style="red", markup=False)
        return 1
    except (Taken, httpx2.HTTPError) as error:
        console.print(f"the house at {data} did not take the rule cards: {error!r}", style="red", markup=False)
        return 2
    console.print(f"rule cards {book.version} hold from {book.valid_from.isoformat()}")
    return 0


def _faults(refused: Refused) -> list[str]:
    faults = refused.facts.get("faults")
    return [str(fault) for fault in faults] if isinstance(faults, list) else [refused.code]


def first_version() -> bytes:
    """The version that the product brings, as a file to start from."""
    return msgspec.json.format(msgspec.json.encode(SEED_BOOK)) + b"\n"


def _publish(book: RuleBook, data: Path, database_url: str) -> None:
    note = note_of(data) if not database_url and house_runs(data) else None
    if note is not None:
        headers = {"authorization": f"Bearer {note.token}"}
        with httpx2.Client(base_url=note.url, headers=headers) as client:
            answer = client.post("/api/v1/admin/rule-cards", content=msgspec.json.encode(book), timeout=60)
        if answer.status_code == httpx2.codes.UNPROCESSABLE_CONTENT:
            problem = answer.json()
            raise Refused(problem["code"], "invalid", faults=problem.get("faults", [problem["detail"]]))
        answer.raise_for_status()
        return
    occupancy = None if database_url else Occupancy(data)
    office = open_office(database_url or f"sqlite:///{data.absolute()}/marketplace.db", data, Clock())
    try:
        office.desk.perform_now(Errand(lambda tx, at: publications.publish_rule_cards(tx, book, at)))
    finally:
        office.close()
        if occupancy is not None:
            occupancy.leave()
