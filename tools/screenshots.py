"""The gallery: the main pages of every role, in every size and language, from a demo of its own (`./bh screenshots`).

All go into var/screenshots/ with an index.html. `--chosen` also writes the few of the README anew, into docs/screenshots/.
"""

import argparse
import contextlib
import html
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from backhaul.kit.i18n import LANGUAGES
from backhaul.ready_file import Ready
from tests import browser as chromium

ROOT = Path(__file__).resolve().parent.parent
GALLERY = ROOT / "var" / "screenshots"
CHOSEN = ROOT / "docs" / "screenshots"
SIZES = {"phone": 360, "tablet": 768, "desktop": 1440}
HEIGHT = 900
COLOURS = 96  # of a chosen picture: as many as keep it small without being seen
START_SECONDS = 180


class Shot(NamedTuple):
    """A page as a role sees it. `{state}` in the path: a return (`{parcel:state}`: a parcel) in that state."""

    name: str
    house: str
    role: str
    path: str


SHOTS = (
    Shot("sign-in", "marketplace", "", "/sign-in"),
    Shot("customer-orders", "marketplace", "customer", "/orders"),
    Shot("customer-returns", "marketplace", "customer", "/my-returns"),
    Shot("customer-return", "marketplace", "customer", "/returns/{awaiting_dropoff}"),
    Shot("customer-pass", "marketplace", "customer", "/returns/{awaiting_dropoff}/pass"),
    Shot("seller-to-decide", "marketplace", "seller", "/to-decide"),
    Shot("seller-overview", "marketplace", "seller", "/overview"),
    Shot("seller-quality", "marketplace", "seller", "/quality"),
    Shot("seller-returns", "marketplace", "seller", "/returns"),
    Shot("seller-return", "marketplace", "seller", "/returns/{seller_review}"),
    Shot("seller-money", "marketplace", "seller", "/money"),
    Shot("seller-jobs", "marketplace", "seller", "/jobs"),
    Shot("seller-keys", "marketplace", "seller", "/keys"),
    Shot("seller-webhooks", "marketplace", "seller", "/webhooks"),
    Shot("clerk-counter", "marketplace", "clerk", "/counter"),
    Shot("clerk-return", "marketplace", "clerk", "/returns/{awaiting_dropoff}"),
    Shot("moderator-queue", "marketplace", "moderator", "/moderation"),
    Shot("moderator-blocks", "marketplace", "moderator", "/blocks"),
    Shot("support-returns", "marketplace", "support", "/support"),
    Shot("support-timeline", "marketplace", "support", "/returns/{on_the_way}/timeline"),
    Shot("support-claims", "marketplace", "support", "/claims"),
    Shot("support-substitutions", "marketplace", "support", "/substitutions"),
    Shot("support-compliance", "marketplace", "support", "/compliance"),
    Shot("support-points", "marketplace", "support", "/support/points"),
    Shot("support-answers", "marketplace", "support", "/support/answers"),
    Shot("support-finance", "marketplace", "support", "/finance"),
    Shot("support-reconciliation", "marketplace", "support", "/reconciliation"),
    Shot("support-policy", "marketplace", "support", "/support/policy"),
    Shot("style", "marketplace", "", "/_style"),
    Shot("company-parcels", "partner", "seller", "/parcels"),
    Shot("company-parcel", "partner", "seller", "/parcels/{parcel:in_work}"),
    Shot("company-invoices", "partner", "seller", "/invoices"),
    Shot("company-start", "partner", "seller", "/start"),
    Shot("company-rules", "partner", "seller", "/returns-management"),
    Shot("receiver-station", "partner", "receiver", "/receiving"),
    Shot("receiver-shelves", "partner", "receiver", "/receiving/shelves"),
    Shot("receiver-packing", "partner", "receiver", "/packing"),
    Shot("inspector-work", "partner", "inspector", "/warehouse"),
    Shot("supervisor-overview", "partner", "supervisor", "/overview"),
    Shot("supervisor-units", "partner", "supervisor", "/units"),
    Shot("supervisor-inspection", "partner", "supervisor", "/inspection"),
    Shot("supervisor-billing", "partner", "supervisor", "/billing"),
)
# What the README shows: page, size, language.
README = (
    ("seller-to-decide", "desktop", "en"),
    ("support-finance", "desktop", "en"),
    ("receiver-station", "tablet", "en"),
    ("customer-pass", "phone", "en"),
    ("customer-returns", "phone", "ru"),
    ("company-parcels", "phone", "zh"),
)


@contextlib.contextmanager
def demo(data: Path) -> Iterator[Ready]:
    """A demo that lives as long as the pictures take."""
    ready_file = data.with_suffix(".ready.json")
    ready_file.unlink(missing_ok=True)
    ports = [str(port) for port in _free_ports()]
    words = [sys.executable, "-m", "backhaul.cli", "demo", "--port", ports[0], "--partner-port", ports[1]]
    words += ["--data", str(data), "--ready-file", str(ready_file)]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        until = time.monotonic() + START_SECONDS
        while not ready_file.exists():
            if process.poll() is not None or time.monotonic() > until:
                sys.exit("screenshots: the demo did not start")
            time.sleep(0.2)
        yield read(ready_file)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def read(ready_file: Path) -> Ready:
    return msgspec.json.decode(ready_file.read_bytes(), type=Ready)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def paths_of(shot: Shot, ready: Ready) -> list[str]:
    """The addresses that this page may have in this demo: not every return is for everybody."""
    before, brace, rest = shot.path.partition("{")
    if not brace:
        return [shot.path]
    state, _, after = rest.partition("}")
    kind, _, name = state.rpartition(":")
    found = (ready.parcels if kind == "parcel" else ready.returns)[name]
    return [f"{before}{number}{after}" for number in found]


def visit(page: Page, shot: Shot, ready: Ready) -> None:
    """Open the first of them that answers."""
    url = url_of(shot, ready)
    for path in paths_of(shot, ready):
        answer = page.goto(url + path)
        if answer is not None and answer.status == 200:
            return
    sys.exit(f"screenshots: {shot.name} is nowhere")


def url_of(shot: Shot, ready: Ready) -> str:
    return ready.marketplace.url if shot.house == "marketplace" else ready.partner.url


def take(browser: Browser, ready: Ready, shots: list[Shot], size: str, language: str) -> Iterator[tuple[Shot, bytes]]:
    """These pages in one size and language; each person signs in once."""
    for house, role in dict.fromkeys((shot.house, shot.role) for shot in shots):
        context = browser.new_context(viewport={"width": SIZES[size], "height": HEIGHT}, reduced_motion="reduce")
        page = context.new_page()
        theirs = [shot for shot in shots if (shot.house, shot.role) == (house, role)]
        url = url_of(theirs[0], ready)
        if role:
            sign_in(page, url, (ready.marketplace if house == "marketplace" else ready.partner).accounts[role])
        context.add_cookies([{"name": "language", "value": language, "url": url}])
        for shot in theirs:
            visit(page, shot, ready)
            yield shot, page.screenshot()
        context.close()


def sign_in(page: Page, url: str, account: dict[str, str]) -> None:
    page.goto(f"{url}/sign-in")
    page.fill("[name=login]", account["login"])
    page.fill("[name=password]", account["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: not address.endswith("/sign-in"))


def small(png: bytes) -> bytes:
    """The same picture with few colours."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def index(shots: list[Shot], sizes: list[str], languages: list[str]) -> str:
    """All pictures on one page: a row a page and language, a column a size."""
    rows = [
        f"<h2>{html.escape(shot.name)} <small>{shot.house}, {shot.role or 'signed out'}, {shot.path}</small></h2>"
        + "".join(
            f'<p lang="{language}">{LANGUAGES[language]}</p><div>'
            + "".join(f'<a href="{name}"><img loading="lazy" src="{name}" alt="{name}"></a>'
                      for size in sizes for name in [f"{language}/{shot.name}-{size}.png"])
            + "</div>"
            for language in languages
        )
        for shot in shots
    ]  # fmt: skip
    style = "body{font:16px sans-serif;margin:2rem}div{display:flex;gap:1rem;align-items:start}img{height:22rem;border:1px solid #ccc}"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Backhaul, page by page</title>'
        f"<style>{style}</style><h1>Backhaul, page by page</h1>{''.join(rows)}</html>"
    )


def gallery(browser: Browser, ready: Ready, shots: list[Shot], sizes: list[str], languages: list[str]) -> None:
    for language in languages:
        (GALLERY / language).mkdir(parents=True, exist_ok=True)
        for size in sizes:
            for shot, png in take(browser, ready, shots, size, language):
                (GALLERY / language / f"{shot.name}-{size}.png").write_bytes(png)
        print(f"screenshots: {LANGUAGES[language]} done", file=sys.stderr, flush=True)
    (GALLERY / "index.html").write_text(index(shots, sizes, languages), encoding="utf-8")
    print(f"screenshots: {len(shots) * len(sizes) * len(languages)} pictures in {GALLERY / 'index.html'}")


def chosen(browser: Browser, ready: Ready) -> None:
    """The README's, small."""
    CHOSEN.mkdir(parents=True, exist_ok=True)
    for name, size, language in README:
        [shot] = [shot for shot in SHOTS if shot.name == name]
        [(_, png)] = take(browser, ready, [shot], size, language)
        (CHOSEN / f"{name}-{size}-{language}.png").write_bytes(small(png))


def main(words: list[str]) -> None:
    """Read the command line, and do it."""
    parser = argparse.ArgumentParser(prog="./bh screenshots", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ready", type=Path, help="the ready file of a demo that runs already")
    parser.add_argument("--chosen", action="store_true", help="only those of the README, into docs/screenshots/")
    parser.add_argument("--page", action="append", choices=[shot.name for shot in SHOTS], help="only this page")
    parser.add_argument("--size", action="append", choices=list(SIZES), help="only this size")
    parser.add_argument("--language", action="append", choices=list(LANGUAGES), help="only this language")
    said = parser.parse_args(words)
    GALLERY.mkdir(parents=True, exist_ok=True)
    program, node = chromium.ensure(), chromium.node()
    if node:
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node)
    shots = [shot for shot in SHOTS if not said.page or shot.name in said.page]
    started = contextlib.nullcontext(read(said.ready)) if said.ready else demo(GALLERY / "demo")
    with started as ready, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=chromium.flags(program), env=dict(chromium.environment(program))
        )
        if said.chosen:
            chosen(browser, ready)
        else:
            gallery(browser, ready, shots, said.size or list(SIZES), said.language or list(LANGUAGES))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
