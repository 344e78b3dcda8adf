"""Publishing a version of terms from a file: into a running house through its door, else under its lock."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx2
import msgspec
from rich.console import Console

from backhaul.importing import house_runs
from backhaul.kit import http
from backhaul.kit.clock import Clock
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import DEFAULT
from backhaul.kit.machine import Refused
from backhaul.kit.occupancy import Occupancy, Taken, note_of
from backhaul.marketplace import catalogue_files, publications, rate_card_files, texts, version_texts
from backhaul.marketplace.office import open_office
from backhaul.marketplace.reason_names import named
from backhaul.marketplace.rules.catalogues import CATALOGUES
from backhaul.marketplace.rules.compensation import SEED_CARD
from backhaul.marketplace.rules.rule_book import SEED_BOOK
from backhaul.marketplace.rules.rule_cards import RuleBook
from backhaul.marketplace.rules.versions import Fault

REFUSED = (httpx2.codes.UNPROCESSABLE_CONTENT, httpx2.codes.CONFLICT)


class Paper(msgspec.Struct, frozen=True):
    """A file to publish. `kind`: of the terms; a rate card has a `version`, a catalogue gets its number."""

    kind: str
    source: Path
    valid_from: str
    why: str
    version: str = ""


def run(source: Path, data: Path, database_url: str, console: Console) -> int:
    """Publish rule cards; the exit code: 0 published, 1 refused, 2 nothing could be read or reached."""

    def publish() -> str:
        book = msgspec.json.decode(source.read_bytes(), type=RuleBook)
        _hand_in("rule-cards", book, lambda tx, at: publications.publish_rule_cards(tx, book, at), data, database_url)
        return f"rule cards {book.version} hold from {book.valid_from.isoformat()}"

    return _told(publish, source, data, console)


def run_dated(paper: Paper, data: Path, database_url: str, console: Console) -> int:
    """Publish a rate card or a catalogue, whose date and reason the command says; exit codes as of `run`."""

    def publish() -> str:
        valid_from = datetime.fromisoformat(paper.valid_from)
        valid_from = valid_from if valid_from.tzinfo else valid_from.replace(tzinfo=MOSCOW)
        text = paper.source.read_bytes().decode("utf-8-sig")
        asked = publications.FromFile(paper.kind, text, valid_from, paper.why, paper.version)
        version = _hand_in("terms", asked, lambda tx, at: publications.publish_file(tx, asked, at), data, database_url)
        return f"{paper.kind.replace('_', ' ')} {version}: in force from {valid_from.isoformat()}"

    return _told(publish, paper.source, data, console)


def first_version() -> bytes:
    """The rule cards that the product brings, as a file to start from."""
    return msgspec.json.format(msgspec.json.encode(SEED_BOOK)) + b"\n"


def first_rate_card(*, as_json: bool) -> bytes:
    """The rate card that the product brings, as a file to start from."""
    return rate_card_files.as_json(SEED_CARD) if as_json else rate_card_files.as_csv(SEED_CARD)


def first_catalogue(kind: str) -> bytes:
    """The catalogue that the product brings, as a file to start from."""
    return catalogue_files.as_json(named(CATALOGUES[kind]))


def _told(publish: Callable[[], str], source: Path, data: Path, console: Console) -> int:
    try:
        console.print(publish(), markup=False)
    except Refused as refused:
        for fault in _faults(refused):
            console.print(fault, style="red", markup=False)
        return 1
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        console.print(f"{source}: {error}", style="red", markup=False)
        return 2
    except (Taken, httpx2.HTTPError) as error:
        console.print(f"the house at {data} did not take the file: {error!r}", style="red", markup=False)
        return 2
    return 0


def _faults(refused: Refused) -> list[str]:
    faults = refused.facts.get("faults")
    if not isinstance(faults, list):
        return [str(refused.facts.get("detail") or http.explain(refused, DEFAULT, texts.REFUSALS))]
    return [_sentence(fault) for fault in faults]


def _sentence(fault: object) -> str:
    """A fault of this process, or of the house's answer."""
    if isinstance(fault, dict):
        fault = msgspec.convert(fault, Fault)
    return version_texts.sentence(fault, DEFAULT) if isinstance(fault, Fault) else str(fault)


def _hand_in(door: str, body: object, write: Callable[[Tx, datetime], bytes], data: Path, database_url: str) -> str:
    note = note_of(data) if not database_url and house_runs(data) else None
    if note is not None:
        headers = {"authorization": f"Bearer {note.token}"}
        with httpx2.Client(base_url=note.url, headers=headers) as client:
            answer = client.post(f"/api/v1/admin/{door}", content=msgspec.json.encode(body), timeout=60)
        if answer.status_code in REFUSED:
            problem = answer.json()
            facts = {name: problem[name] for name in ("faults", "detail") if name in problem}
            raise Refused(problem["code"], "invalid", **facts)
        answer.raise_for_status()
        return answer.text
    occupancy = None if database_url else Occupancy(data)
    office = open_office(database_url or f"sqlite:///{data.absolute()}/marketplace.db", data, Clock())
    try:
        return office.desk.perform_now(Errand(write)).body.decode()
    finally:
        office.close()
        if occupancy is not None:
            occupancy.leave()
