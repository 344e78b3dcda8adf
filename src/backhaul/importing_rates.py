"""Importing exchange rates from a file: into a running house through its door, else into its database under its lock."""

from collections.abc import Callable, Sequence
from pathlib import Path

import httpx2
import msgspec
from rich.console import Console

from backhaul.importing import house_runs
from backhaul.kit.clock import Clock
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import DEFAULT
from backhaul.kit.machine import Refused
from backhaul.kit.occupancy import Occupancy, Taken, note_of
from backhaul.marketplace import rate_files, rate_store, rate_texts
from backhaul.marketplace.office import open_office
from backhaul.marketplace.rules.exchange import Rate, day_of, faults

CHUNK_RATES = 500
ACTOR = "import-rates"

HandIn = Callable[[Sequence[Rate]], rate_store.Taken]


def run(source: Path, origin: str, data: Path, database_url: str, console: Console) -> int:
    """Import a file and report; the exit code: 0 all there, 1 the file is refused, 2 nothing could be read or reached."""
    try:
        rates = rate_files.parsed(source.read_bytes(), origin)
        wrong = faults(rates, day_of(Clock().now()))
        if wrong:
            raise rate_files.invalid(wrong)
        new, corrected, known = _handed_in(rates, data, database_url)
    except Refused as refused:
        found = refused.facts.get("faults")
        for fault in found if isinstance(found, list) else []:
            console.print(rate_texts.sentence(fault, DEFAULT), style="red", markup=False)
        return 1
    except (OSError, Taken, httpx2.HTTPError) as error:
        console.print(f"the house at {data} did not take the rates: {error!r}", style="red", markup=False)
        return 2
    console.print(f"{new} rates are new, {corrected} correct earlier ones, {known} were there already")
    return 0


def _handed_in(rates: Sequence[Rate], data: Path, database_url: str) -> tuple[int, int, int]:
    note = note_of(data) if not database_url and house_runs(data) else None
    if note is not None:
        with httpx2.Client(base_url=note.url, headers={"authorization": f"Bearer {note.token}"}) as client:
            return _in_chunks(rates, _through_the_door(client))
    occupancy = None if database_url else Occupancy(data)
    office = open_office(database_url or f"sqlite:///{data.absolute()}/marketplace.db", data, Clock())

    def hand_in(chunk: Sequence[Rate]) -> rate_store.Taken:
        errand = Errand(lambda tx, at: msgspec.json.encode(rate_store.import_rates(tx, chunk, ACTOR, at)))
        return msgspec.json.decode(office.desk.perform_now(errand).body, type=rate_store.Taken)

    try:
        return _in_chunks(rates, hand_in)
    finally:
        office.close()
        if occupancy is not None:
            occupancy.leave()


def _in_chunks(rates: Sequence[Rate], hand_in: HandIn) -> tuple[int, int, int]:
    done = [hand_in(rates[start : start + CHUNK_RATES]) for start in range(0, len(rates), CHUNK_RATES)]
    return sum(one.new for one in done), sum(one.corrected for one in done), sum(one.known for one in done)


def _through_the_door(client: httpx2.Client) -> HandIn:
    def hand_in(chunk: Sequence[Rate]) -> rate_store.Taken:
        answer = client.post("/api/v1/admin/exchange-rates", content=msgspec.json.encode(list(chunk)), timeout=60)
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=rate_store.Taken)

    return hand_in
