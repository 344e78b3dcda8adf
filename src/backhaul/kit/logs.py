"""What a house logs: one JSON object a line, on the error stream, without a word about people.

A record keeps its sentence and, of what is filled into it, only numbers and ids. Of an exception stand its type, its code and
the places in our code; what it says is left out, because a database or another server may repeat there what somebody wrote.
"""

import logging
import re
import sys
import threading
import traceback
from collections import deque
from datetime import datetime
from typing import IO, Any

import msgspec

from backhaul.kit.clock import Clock

ID = re.compile(r"[0-9A-Za-z_-]*\d[0-9A-Za-z_-]*")
ID_CHARACTERS_MAX = 40
LEFT_OUT = "…"
PLACES_MAX = 12
LINES_MAX = 20_000
FLUSH_SECONDS = 0.2

_encode = msgspec.json.Encoder().encode


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request that was answered. `route` is the template of its address; `role` who asked, by kind and not by name."""

    at: datetime
    house: str
    request_id: str
    method: str
    route: str
    status: int
    ms: float
    role: str = "nobody"
    refused: str = ""
    trace_id: str = ""
    level: str = "info"
    logger: str = "backhaul.requests"


REQUEST_DEFAULTS = b'{"level":"info","logger":"backhaul.requests",'


class Lines(logging.Handler):
    """Takes the records of all loggers, and the requests. Requests are written by a thread of their own, several at once:
    nobody who asks waits for the disk or the pipe. What it cannot keep up with is counted (`dropped`), not piled up.
    """

    def __init__(self, house: str, stream: IO[str] | None = None) -> None:
        super().__init__(logging.WARNING)
        self.house = house
        self.stream = stream or sys.stderr
        self.dropped = 0
        self._waiting: deque[Request] = deque()
        self._ended = threading.Event()
        self._clock = Clock()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        """Begin to write requests."""
        self._thread.start()

    def close(self) -> None:
        """Write what is left."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(5)
        super().close()

    def request(self, one: Request) -> None:
        """Note a request that was answered."""
        if len(self._waiting) < LINES_MAX:
            self._waiting.append(one)
        else:
            self.dropped += 1

    def emit(self, record: logging.LogRecord) -> None:
        """A record of a logger."""
        try:
            self._write(_encode(said(record, self.house, self._clock.now())))
        except Exception:  # noqa: BLE001 -- as every handler: a log that cannot be written ends nothing
            self.handleError(record)

    def _run(self) -> None:
        while not self._ended.wait(FLUSH_SECONDS):
            self.flush()
        self.flush()

    def flush(self) -> None:
        """Write the requests that wait."""
        lines = [line_of(self._waiting.popleft()) for _ in range(len(self._waiting))]
        if lines:
            self._write(b"\n".join(lines))

    def _write(self, lines: bytes) -> None:
        with self.lock or threading.RLock():
            try:
                self.stream.write(lines.decode() + "\n")
                self.stream.flush()
            except (OSError, ValueError):
                self.dropped += lines.count(b"\n") + 1


def line_of(one: Request) -> bytes:
    """A request as a line."""
    return REQUEST_DEFAULTS + _encode(one)[1:]


def said(record: logging.LogRecord, house: str, at: datetime) -> dict[str, Any]:
    """What a line says of a record."""
    ours = record.name.partition(".")[0] == "backhaul"
    line: dict[str, Any] = {
        "level": record.levelname.lower(), "logger": record.name, "at": at, "house": house,
        "said": _filled(str(record.msg), record.args) if ours else str(record.msg).partition("\n")[0],
    }  # fmt: skip
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        line |= {"error": names_of(error), "places": places_of(error)}
    return line


def _filled(sentence: str, args: Any) -> str:
    if not args or not isinstance(args, tuple):
        return sentence
    try:
        return re.sub(r"%(-?\d*(\.\d+)?)[dr]", "%s", sentence) % tuple(_safe(one) for one in args)
    except (TypeError, ValueError):
        return sentence


def _safe(value: object) -> str:
    """A number, an id, or the name of an error; everything else is left out."""
    if isinstance(value, BaseException):
        return names_of(value)
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return text if len(text) <= ID_CHARACTERS_MAX and ID.fullmatch(text) else LEFT_OUT


def names_of(error: BaseException) -> str:
    """The types of an error and of what caused it, with the codes that they carry: nothing that was said."""
    names = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        code = getattr(one, "sqlstate", None) or getattr(one, "sqlite_errorname", None) or getattr(one, "code", None)
        code = code if code is not None else getattr(one, "smtp_code", getattr(one, "errno", None))
        plain = isinstance(code, int | str) and re.fullmatch(r"[\w.-]{1,40}", str(code))
        names.append(f"{type(one).__name__}({code})" if plain else type(one).__name__)
        if isinstance(one, BaseExceptionGroup):
            names[-1] += f"[{', '.join(names_of(part) for part in one.exceptions)}]"
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return " < ".join(names)


def places_of(error: BaseException) -> list[str]:
    """Where it came from, innermost last: file, line and function, without values and without code."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES_MAX:]
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames]


def set_up(house: str, stream: IO[str] | None = None) -> Lines:
    """From now on all warnings and errors of this process are such lines."""
    lines = Lines(house, stream)
    logging.getLogger().handlers[:] = [lines]
    return lines
