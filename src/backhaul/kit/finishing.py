"""Large tables are finished beside the worker's rounds: packing one takes its time, and no deadline waits for it."""

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from backhaul.kit.spreadsheets import Sheet

PATIENCE_SECONDS = 0.25

Finished = tuple[int, str]  # how many bytes the file has, and its SHA-256


class Finisher:
    """A thread that packs one sheet after the other; it begins with the first."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._packer: ThreadPoolExecutor | None = None

    def begin(self, sheet: Sheet, path: Path) -> "Future[Finished]":
        """Pack a sheet that has all its rows."""
        if self._packer is None:
            self._packer = ThreadPoolExecutor(1, self.name)
        return self._packer.submit(_pack, sheet, path)

    def close(self) -> None:
        """Wait for what is being packed."""
        if self._packer is not None:
            self._packer.shutdown()


def finished(packing: "Future[Finished]") -> Finished | None:
    """What came of it; None while it goes on."""
    try:
        return packing.result(PATIENCE_SECONDS)
    except TimeoutError:
        if packing.done():
            raise
        return None


def _pack(sheet: Sheet, path: Path) -> Finished:
    sheet.close()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1024 * 1024):
            digest.update(part)
    return path.stat().st_size, digest.hexdigest()
