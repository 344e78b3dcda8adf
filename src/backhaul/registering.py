"""Registering a platform at the partner: into a running house through its door, else under its lock."""

from pathlib import Path

import httpx2
from rich.console import Console

from backhaul.importing import house_runs
from backhaul.kit.clock import Clock
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.kit.occupancy import Occupancy, Taken, note_of
from backhaul.partner import platform_errands, platform_queries, texts
from backhaul.partner.administration import NewPlatform
from backhaul.partner.office import open_office


def register(wanted: NewPlatform, data: Path, database_url: str, console: Console) -> int:
    """Register or move a platform; the exit code: 0 done, 1 refused, 2 nothing could be reached."""
    try:
        _register(wanted, data, database_url)
    except Refused as refused:
        sentence = texts.REFUSALS.get(refused.code, refused.code)
        console.print(str(sentence).format(**refused.facts), style="red", markup=False)
        return 1
    except (Taken, httpx2.HTTPError) as error:
        console.print(f"the house at {data} did not take the platform: {error!r}", style="red", markup=False)
        return 2
    console.print(f"{wanted.id} is {wanted.name} at {wanted.url}", markup=False)
    return 0


def listed(data: Path, database_url: str, console: Console) -> int:
    """Print the platforms that are registered."""
    office = open_office(database_url or f"sqlite:///{data.absolute()}/partner.db", data, Clock())
    try:
        with office.database.read() as tx:
            for one in platform_queries.platforms(tx):
                console.print(f"{one.id}\t{one.kind}\t{one.name}\t{one.url}", markup=False)
    finally:
        office.close()
    return 0


def _register(wanted: NewPlatform, data: Path, database_url: str) -> None:
    note = note_of(data) if not database_url and house_runs(data) else None
    if note is not None:
        headers = {"authorization": f"Bearer {note.token}"}
        body = {"id": wanted.id, "name": wanted.name, "url": wanted.url}
        with httpx2.Client(base_url=note.url, headers=headers) as client:
            answer = client.post("/api/v1/admin/platforms", json=body, timeout=60)
        if answer.status_code in {409, 422}:
            problem = answer.json()
            raise Refused(problem["code"], "invalid", **{k: v for k, v in problem.items() if k.endswith("_max")})
        answer.raise_for_status()
        return
    occupancy = None if database_url else Occupancy(data)
    office = open_office(database_url or f"sqlite:///{data.absolute()}/partner.db", data, Clock())
    try:
        office.desk.perform_now(
            Errand(lambda tx, at: platform_errands.register_platform(tx, wanted.id, wanted.name, wanted.url, at))
        )
    finally:
        office.close()
        if occupancy is not None:
            occupancy.leave()
