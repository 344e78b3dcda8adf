"""The doors at which strangers hand in pictures, what they answer, and what a house holds afterwards (T21)."""

import hashlib
import io
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from PIL import Image

from backhaul.kit import keys, pictures
from backhaul.marketplace.doors import SESSION_COOKIE as OF_MARKETPLACE
from backhaul.partner import errands
from backhaul.partner.doors import SESSION_COOKIE as OF_PARTNER
from tests.access.asking import Principal, principal
from tests.doors import files_below
from tests.hostile.corpus import CANARY
from tests.marketplace.cast import market, served
from tests.marketplace.people import let_in, session
from tests.partner.house import ID, opened

SECONDS_MAX = 3.0  # of the child's processor
KILOBYTES_MAX = 512 * 1024  # of the child
BLOB = re.compile(r"[0-9a-f]{64}")
Send = Callable[[bytes], httpx2.Response]


class Door(msgspec.Struct, frozen=True):
    """A way in. `shown`: where a picture that came in can be looked at by its id."""

    name: str
    send: Send
    shown: Callable[[str], httpx2.Response] | None = None


class Outcome(msgspec.Struct):
    """What came of a run."""

    refused: Counter[str] = msgspec.field(default_factory=Counter)
    made_anew: int = 0
    looked_at: int = 0
    faults: list[str] = msgspec.field(default_factory=list)
    seconds: float = 0.0
    kilobytes: int = 0
    blobs: set[Path] = msgspec.field(default_factory=set)
    sent: set[str] = msgspec.field(default_factory=set)

    def told(self) -> str:
        codes = ", ".join(f"{code} {count}" for code, count in sorted(self.refused.items()))
        return (
            f"{self.made_anew} made anew, {sum(self.refused.values())} refused ({codes}), {self.looked_at} looked at, {len(self.blobs)} files "
            f"kept; the child took {self.seconds:.2f} s at most and {self.kilobytes // 1024} MiB"
        )


def child_pid() -> int:
    """The child that decodes; 0 while there is none."""
    child = pictures._mill._child  # noqa: SLF001 -- whose figures are read
    return child.pid if child else 0


def child_seconds(pid: int) -> float:
    """Processor time so far."""
    with Path(f"/proc/{pid}/stat").open() as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / 100


def child_kilobytes(pid: int) -> int:
    """The most memory so far."""
    said = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", said)[1])  # type: ignore[index]


def hand_in(door: Door, name: str, data: bytes, outcome: Outcome) -> None:
    """Send a file and judge the answer."""
    outcome.sent.add(hashlib.sha256(data).hexdigest())
    pid = child_pid()
    before = child_seconds(pid) if pid else 0.0
    answer = door.send(data)
    if pid and child_pid() == pid:
        took = child_seconds(pid) - before
        outcome.seconds, outcome.kilobytes = max(outcome.seconds, took), max(outcome.kilobytes, child_kilobytes(pid))
        if took > SECONDS_MAX:
            outcome.faults.append(f"{door.name}, {name}: {took:.1f} s")
    kept = answer.status_code == 201 or answer.is_redirect
    if kept:
        outcome.made_anew += 1
        if door.shown is not None and answer.status_code == 201:
            outcome.looked_at += 1
            outcome.faults += [
                f"{door.name}, {name}: {one}" for one in wrong_shown(door.shown(answer.json()["id"]), data)
            ]
    elif 400 <= answer.status_code < 500:
        outcome.refused[code_of(answer)] += 1
    else:
        outcome.faults.append(f"{door.name}, {name}: answered {answer.status_code} {answer.text[:200]}")


def code_of(answer: httpx2.Response) -> str:
    """The code of a refusal that has words for people, too; a page says its sentence."""
    if "json" in answer.headers["content-type"]:
        said = answer.json()
        return str(said["code"]) if len(said["detail"]) > 10 else "no words"
    found = re.search(r'<p[^>]*role="alert"[^>]*>|id="fault"', answer.text)
    return "on the page" if found else "no words"


def wrong_shown(answer: httpx2.Response, sent: bytes) -> list[str]:
    """What is wrong with a picture as others see it."""
    headers = answer.headers
    safe = (
        headers["content-security-policy"],
        headers["x-content-type-options"],
        headers["cross-origin-resource-policy"],
    )
    found = (
        []
        if answer.status_code == 200 and headers["content-type"] == "image/jpeg"
        else [f"shown as {answer.status_code} {headers['content-type']}"]
    )
    found += [] if safe == ("sandbox", "nosniff", "same-origin") else [f"shown with {safe}"]
    return found + wrong_bytes(answer.content, sent)


def wrong_bytes(kept: bytes, sent: bytes = b"") -> list[str]:
    """What is wrong with the bytes of a picture that is kept."""
    if kept == sent:
        return ["the very bytes that were sent"]
    found = ["the canary is in it"] if CANARY in kept or CANARY[:12] in kept else []
    found += [
        f"{mark!r} is in it"
        for mark in (b"Exif", b"<script", b"<?php", b"http://ns.adobe", b"PK\x03\x04")
        if mark in kept
    ]
    with Image.open(io.BytesIO(kept)) as picture:
        told = set(picture.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        if picture.format != "JPEG" or told or max(picture.size) > 2400 or not kept.endswith(b"\xff\xd9"):
            found.append(f"{picture.format} of {picture.size} that tells {sorted(told)}")
    return found


def look_through(folder: Path, outcome: Outcome) -> None:
    """Every picture that the house holds, shown to anybody or not."""
    outcome.blobs = {path for path in files_below(folder) if BLOB.fullmatch(path.name)}
    for path in sorted(outcome.blobs):
        if path.name in outcome.sent:
            outcome.faults.append(f"{path.name} was sent so")
        outcome.faults += [f"{path.name}: {one}" for one in wrong_bytes(path.read_bytes())]


def form(who: Principal, path: str, fields: Mapping[str, str]) -> Send:
    """A file in the form of a page, under a name that lies."""

    def send(data: bytes) -> httpx2.Response:
        files = {"photos": ("photo.jpg.php", data, "image/svg+xml")}
        return who.client.post(path, data=dict(fields), files=files, headers={"x-csrftoken": who.csrf})

    return send


@contextmanager
def marketplace(folder: Path) -> Iterator[list[Door]]:
    """API v1 and two forms of the marketplace, for its customer Irina."""
    with market(f"sqlite:///{folder / 'database.sqlite'}", folder) as shop:
        shop.errand(let_in)
        with served(shop) as url, ExitStack() as clients:
            who = principal("irina", url, OF_MARKETPLACE, session=session(shop, "irina"))
            clients.callback(who.client.close)

            def shown(blob_id: str) -> httpx2.Response:
                return who.client.get(f"/photos/mine/{blob_id}")

            def by_script(data: bytes) -> httpx2.Response:
                return who.client.post(
                    "/photos", content=data, headers={"x-csrftoken": who.csrf, "content-type": "image/jpeg"}
                )

            def by_api(data: bytes) -> httpx2.Response:
                return who.client.post("/api/v1/photos", content=data, headers={"content-type": "image/png"})

            yield [
                Door("POST /api/v1/photos", by_api, shown),
                Door("POST /photos", by_script, shown),
                Door("POST /orders/1/return", form(who, "/orders/1/return", {"reason": "defect"})),
            ]


@contextmanager
def partner(folder: Path) -> Iterator[list[Door]]:
    """API v1 and a form of the partner, for its inspector Vera."""
    with opened(f"sqlite:///{folder / 'database.sqlite'}", folder) as house:
        house.expects()
        house.arrives()
        token, vera = keys.session_token(house.office.chance), house.account("vera")
        house.errand(lambda tx, at: errands.sign_in(tx, vera, token, at))
        with ExitStack() as clients:
            who = principal("vera", house.url, OF_PARTNER, session=token)
            clients.callback(who.client.close)

            def by_api(data: bytes) -> httpx2.Response:
                return who.client.post("/api/v1/photos", content=data, headers={"content-type": "image/webp"})

            yield [
                Door("POST /api/v1/photos of the partner", by_api),
                Door(
                    "POST /parcels/mark of the partner",
                    form(who, f"/parcels/{ID}/mark", {"mark": "serviceable", "seen": "1"}),
                ),
            ]


HOUSES: dict[str, Any] = {"marketplace": marketplace, "partner": partner}


def run(house: str, folder: Path, files: Mapping[str, bytes], doors_max: int = 9) -> Outcome:
    """Every file at the house's doors; then everything that it holds is looked through."""
    outcome = Outcome()
    began = time.monotonic()
    with HOUSES[house](folder) as doors:
        for name, data in files.items():
            for door in doors[:doors_max]:
                hand_in(door, name, data, outcome)
    look_through(folder, outcome)
    print(
        f"{house}: {len(files)} files at {min(len(doors), doors_max)} doors in {time.monotonic() - began:.0f} s: {outcome.told()}"
    )
    return outcome
