"""One house as a process: lock the data directory, migrate, serve, work, and end cleanly."""

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.engine import make_url

from backhaul import observed, walk_doors
from backhaul.kit import keys, logs
from backhaul.kit.clock import Clock
from backhaul.kit.occupancy import Note, Occupancy, Taken
from backhaul.kit.running import Worker, heed_signals, until_told
from backhaul.kit.server import Served
from backhaul.kit.watching import Watch
from backhaul.marketplace import app as marketplace_app
from backhaul.marketplace import block_queries, break_queries
from backhaul.marketplace import ledger_proof as marketplace_proof
from backhaul.marketplace import office as marketplace_office
from backhaul.marketplace import proofs as marketplace_proofs
from backhaul.marketplace import queries as marketplace_queries
from backhaul.partner import app as partner_app
from backhaul.partner import (
    consignment_queries,
    invoice_audit,
    ledger_proof,
    linking,
    orphan_queries,
    photo_proof,
    polling,
    reconciling,
)
from backhaul.partner import office as partner_office
from backhaul.partner import proofs as partner_proofs
from backhaul.partner import queries as partner_queries


class House(msgspec.Struct, frozen=True):
    """What it takes to open a house. `shelves` are what `verify` folds anew, by what a case is called there.

    `faults` look at what lies beside a case: (transaction, blobs, case) gives sentences; `proofs` names the chained tables and the stored files. `apart` are rounds of work that ask other servers: they have workers of their own. `gauges`: the module with questions for metrics, imported when somebody wants them.
    """

    open_office: Any
    make_app: Any
    shelves: dict[str, Any]
    tick: Any
    audits: tuple[Any, ...] = ()
    apart: tuple[Any, ...] = ()
    faults: dict[str, tuple[Any, ...]] = {}
    gauges: str = ""
    proofs: Any = None


class Post(msgspec.Struct, frozen=True):
    """How a house writes to people: where mails go, what stands on them as sender, and the address that their links lead to."""

    to: str = ""
    sent_from: str = ""
    url: str = ""


TO_FILES = Post()
SANDBOX_MARK = "sandbox"  # the file in a house's directory that says so
PORTS = {"marketplace": 8000, "partner": 8001}


def say(sentence: str) -> None:
    """A line for the person who started us."""
    sys.stderr.write(f"{sentence}\n")


def database_url(house: str, data: Path, given: str) -> str:
    """The given one, else a SQLite file in the data directory."""
    return given or f"sqlite:///{(data / f'{house}.db').absolute()}"


def is_embedded(given: str) -> bool:
    """Whether a database is a file beside one house, which has it for itself (D29)."""
    return not given or given.startswith("sqlite")


def is_sandbox(data: Path) -> bool:
    """Whether a house's directory belongs to a sandbox, whose clock somebody turned: it is never served for real."""
    return (data / SANDBOX_MARK).exists()


def _directory(data: Path, given: str) -> Path:
    """Where the lock of an embedded database stands: beside its file, wherever the other data are."""
    path = make_url(given).database if given else None
    return Path(path).absolute().parent if path else data


def serve(  # noqa: PLR0913 -- the options of a command line
    name: str,
    data: Path,
    given: str,
    host: str,
    port: int,
    *,
    worker: bool,
    secure: bool,
    with_parent: bool = False,
    proxies: str = "",
    post: Post = TO_FILES,
    webhooks_into: str = "",
    media: str = "",
    walk: Path | None = None,
    wanted: observed.Wanted = observed.NOTHING,
    trial: str = "",
) -> int:
    """Serve until told to stop; the exit code. `walk`: a demo's secret of its walk-through. `trial`: words of `doctor.examined`."""
    house, lines, embedded = HOUSES[name], logs.set_up(name), is_embedded(given)
    if is_sandbox(data) or is_sandbox(_directory(data, given)):
        say(f"{data} is a sandbox's; start it with: backhaul demo --sandbox")
        return 1
    try:
        occupancy = Occupancy(_directory(data, given)) if embedded else None
    except Taken:
        say(f"another {name} house runs in {_directory(data, given)}")
        return 1
    try:
        office = _opened(name, database_url(name, data, given), data, post, (webhooks_into, media), secure=secure)
        office.admin_token = keys.session_token(os.urandom)
        if walk is not None:
            office.walk = walk_doors.walk(office, name, walk.read_text(encoding="utf-8"))
        if (listening := _listening(name, office, wanted, lines)) is None:
            return 1
        try:
            served = Served(listening.around(house.make_app(office)), host, port, proxies=proxies)
        except OSError as error:
            say(f"port {port} on {host} cannot be used: {error.strerror}; choose another with --port")
            office.close()
            return 1
        ended = threading.Event()
        office.desk.clerk.on_death = ended.set
        office.desk.start()
        where = listening.start()
        served.start()
        if occupancy is not None:
            occupancy.put_note(Note(served.url, office.admin_token))
        if with_parent:
            threading.Thread(target=_watch_parent, args=(ended,), daemon=True).start()
        office.mailing.url = post.url or served.url
        workers = _workers(house, office, listening.watch)
        for one in workers if worker or embedded else ():
            one.start()
        heed_signals(ended)
        say(f"{name} answers at {served.url}{trial}{where}")
        return _until_ended(name, office, served, workers, listening, ended)
    finally:
        if occupancy is not None:
            occupancy.leave()


def _until_ended(name: str, office: Any, served: Served | None, workers: list[Worker], listening: observed.Listening,
                 ended: threading.Event) -> int:  # fmt: skip
    """Until somebody ends it, or its desk dies; the exit code."""
    ends = [*(one.stop for one in workers), office.close, listening.stop]
    until_told(served, ends, ended, listening.before_the_end)
    if office.desk.clerk.died:
        say(f"the desk of the {name} died; its log says why")
        return 1
    return 0


def _opened(name: str, url: str, data: Path, post: Post, beyond: tuple[str, str], *, secure: bool = False) -> Any:
    """`beyond`: networks that webhooks may lead into, and the bucket of media."""
    webhooks_into, media = beyond
    return HOUSES[name].open_office(
        url,
        data,
        Clock(),
        secure=secure,
        mail_to=post.to,
        mail_from=post.sent_from,
        webhooks_into=webhooks_into,
        media=media,
    )


def _listening(name: str, office: Any, wanted: observed.Wanted, lines: logs.Lines) -> observed.Listening | None:
    """Ears for a house; None when their door cannot be opened, and then the house is closed again."""
    try:
        return observed.Listening(name, office, wanted, lines, partial(import_module, HOUSES[name].gauges))
    except OSError as error:
        place = wanted.metrics
        where = f"{place.host}:{place.port}" if place else "its place"
        say(f"metrics cannot be shown at {where}: {error.strerror}; choose another with --metrics")
        office.close()
        return None


def _workers(house: House, office: Any, watch: Watch) -> list[Worker]:
    """Mails, and what asks other servers, have workers of their own: a server that does not answer keeps no deadline waiting."""
    apart = [Worker(partial(one, office), one.__name__, watch) for one in house.apart]
    rounds, mails = (
        Worker(lambda: house.tick(office), "work", watch),
        Worker(office.mailing.send_due, "send_mails", watch),
    )
    return [rounds, mails, *apart]


def _watch_parent(ended: threading.Event) -> None:
    sys.stdin.buffer.read()
    ended.set()


def _in_turn(name: str, work: Callable[[Any], int]) -> Callable[[Any], int]:
    """A round that one of several workers does at a time."""
    return lambda office: int(office.turns.run(name, lambda: work(office)))


HOUSES = {
    "marketplace": House(
        marketplace_office.open_office,
        marketplace_app.make_app,
        {"return": marketplace_queries, "block": block_queries, "break": break_queries},
        marketplace_office.Office.work,
        faults={"return": (marketplace_proof.faults,)},
        apart=(
            marketplace_office.Office.send_letters,
            marketplace_office.Office.send_webhooks,
            marketplace_office.Office.send_pushes,
            marketplace_office.Office.compare_photos,
        ),
        gauges="backhaul.marketplace.gauge_queries",
        proofs=marketplace_proofs,
    ),
    "partner": House(
        partner_office.open_office,
        partner_app.make_app,
        {"parcel": partner_queries, "consignment": consignment_queries, "orphan": orphan_queries},
        partner_office.Office.work,
        (invoice_audit.faults,),
        (
            partner_office.Office.send_letters,
            partner_office.Office.send_webhooks,
            partner_office.Office.delete_media,
            partner_office.Office.compare_photos,
            _in_turn("links", linking.check_links),
            _in_turn("polls", polling.poll_due),
            _in_turn("comparison", reconciling.reconcile),
        ),
        {"parcel": (photo_proof.faults, ledger_proof.faults)},
        "backhaul.partner.gauge_queries",
        partner_proofs,
    ),
}


def work(name: str, data: Path, given: str, post: Post = TO_FILES, webhooks_into: str = "",
         wanted: observed.Wanted = observed.NOTHING, media: str = "", trial: str = "") -> int:  # fmt: skip
    """Fire deadlines and send messages and mails until told to stop."""
    lines = logs.set_up(name)
    office = _opened(name, given, data, post, (webhooks_into, media))
    listening = _listening(name, office, wanted, lines)
    if listening is None:
        return 1
    office.mailing.url = post.url or f"http://127.0.0.1:{PORTS[name]}"
    ended = threading.Event()
    office.desk.clerk.on_death = ended.set
    office.desk.start()  # two workers and one connection: a clerk keeps their transactions apart
    where = listening.start()
    workers = _workers(HOUSES[name], office, listening.watch)
    for one in workers:
        one.start()
    heed_signals(ended)
    say(f"the {name}'s worker runs{trial}{where}")
    return _until_ended(f"{name}'s worker", office, None, workers, listening, ended)
