"""The second factor of somebody who lost it is taken away at the command line: into a running house through its door, else under its lock."""

from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from rich.console import Console

from backhaul import verifying
from backhaul.importing import house_runs
from backhaul.kit import http
from backhaul.kit.clock import Clock
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import DEFAULT
from backhaul.kit.machine import Refused
from backhaul.kit.occupancy import Occupancy, Taken, note_of
from backhaul.kit.second_factor_changes import Lost, take_away
from backhaul.kit.second_factor_texts import REFUSALS


def run(house: str, lost: Lost, data: Path, database_url: str, console: Console) -> int:
    """The exit code: 0 done, 1 refused, 2 nothing could be reached."""
    if not_there := verifying.not_the_houses(house, data, database_url):
        console.print(not_there, style="red", markup=False)
        return 2
    try:
        _reset(house, lost, data, database_url)
    except Refused as refused:
        console.print(http.explain(refused, DEFAULT, REFUSALS), style="red", markup=False)
        return 1
    except (Taken, httpx2.HTTPError) as error:
        console.print(f"the house at {data} did not take it: {error!r}", style="red", markup=False)
        return 2
    console.print(f"{lost.login} signs in by the password alone; they are told", markup=False)
    return 0


def _reset(house: str, lost: Lost, data: Path, database_url: str) -> None:
    note = note_of(data) if not database_url and house_runs(data) else None
    if note is not None:
        with httpx2.Client(base_url=note.url, headers={"authorization": f"Bearer {note.token}"}) as client:
            answer = client.post("/api/v1/admin/second-factor-resets", json=msgspec.to_builtins(lost), timeout=60)
        if answer.status_code in {httpx2.codes.CONFLICT, httpx2.codes.UNPROCESSABLE_CONTENT}:
            problem = answer.json()
            raise Refused(problem["code"], "invalid", **{k: v for k, v in problem.items() if k.endswith("_max")})
        answer.raise_for_status()
        return
    occupancy = None if database_url else Occupancy(data)
    opened: Any = import_module(f"backhaul.{house}.office")
    office = opened.open_office(database_url or f"sqlite:///{data.absolute()}/{house}.db", data, Clock())
    try:
        factors = import_module(f"backhaul.{house}.signing_in").doors(office)
        office.desk.perform_now(Errand(lambda tx, at: take_away(factors, tx, lost.login, lost.ticket, None, at)))
    finally:
        office.close()
        if occupancy is not None:
            occupancy.leave()
