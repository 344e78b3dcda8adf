"""A marketplace or partner that is listened to: its web, its door for metrics, its log."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import httpx2

from backhaul import observed
from backhaul.kit import logs, metrics_door
from backhaul.kit.server import Served
from backhaul.kit.watching import NOBODY
from tests import webs


class Ears:
    """`token` guards the door, if it is not empty."""

    def __init__(self, office: Any, house: str, token: str = "") -> None:
        self.office = office
        self.log = io.StringIO()
        self.lines = logs.Lines(house, self.log)
        wanted = observed.Wanted(metrics_door.Place("127.0.0.1", 0, token), requests=True)
        self.root = logging.getLogger()
        self.before = list(self.root.handlers)
        self.root.addHandler(self.lines)
        questions = f"backhaul.{house}.gauge_queries"
        self.listening = observed.Listening(house, office, wanted, self.lines, lambda: import_module(questions))
        self.door = self.listening.start().removesuffix("/metrics").removeprefix(", its metrics at ")
        web: Any = {"marketplace": webs.marketplace, "partner": webs.partner}[house]
        self.web = Served(self.listening.around(web(office))).start()

    def metrics(self, token: str = "") -> httpx2.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx2.get(f"{self.door}/metrics", headers=headers)

    def value(self, line: str) -> float:
        """The value of a series as it stands in the text."""
        found = [one for one in self.metrics().text.splitlines() if one.startswith(f"{line} ")]
        return float(found[0].rpartition(" ")[2])

    def said(self) -> list[dict[str, Any]]:
        self.lines.flush()
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def close(self) -> None:
        self.web.stop()
        self.listening.stop()
        self.root.handlers[:] = self.before
        self.office.desk.watch = NOBODY


@contextmanager
def listened(office: Any, house: str = "marketplace", token: str = "") -> Iterator[Ears]:
    ears = Ears(office, house, token)
    try:
        yield ears
    finally:
        ears.close()
