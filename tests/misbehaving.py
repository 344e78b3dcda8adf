"""A gate in front of a house, on a port of its own: it passes requests on, or answers them as no house would."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx2

Talk = Callable[[socket.socket], None]
ANSWER = b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
STEP_SECONDS = 0.02


def says(status: int, body: bytes) -> Talk:
    """One whole answer."""
    return lambda connection: connection.sendall(ANSWER % (status, len(body), body))


def drips_headers(connection: socket.socket) -> None:
    _drip(connection, b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200)


def drips_a_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 300\r\n\r\n")
    _drip(connection, b"{" + b" " * 299)


def _drip(connection: socket.socket, text: bytes) -> None:
    for byte in text:
        connection.sendall(bytes([byte]))
        time.sleep(STEP_SECONDS)


def hangs(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def hangs_up(_: socket.socket) -> None:
    """Without a word."""


def breaks_off(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 300\r\n\r\n{")


def never_ends(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
    while True:
        connection.sendall(b" " * 1_000_000)


def speaks_another_language(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")


WRONG_TYPES = b'{"units": "none", "held": 5, "return_ids": "1", "code": 7, "ceilings": [], "changes": 1, "returns": 3}'
WAYS: dict[str, Talk] = {
    "drips headers": drips_headers,
    "drips a body": drips_a_body,
    "hangs": hangs,
    "hangs up": hangs_up,
    "breaks off": breaks_off,
    "fails": says(500, b'{"code": "failed"}'),
    "is busy": says(429, b"{}"),
    "is closed": says(503, b"<html>Maintenance</html>"),
    "says a page": says(200, b"<html>Sign in to this network</html>"),
    "says garbage": says(200, b"\xff\xfe{\x00"),
    "says too much": never_ends,
    "says too deep": says(200, b"[" * 100_000),
    "says a list": says(200, b"[]"),
    "says wrong types": says(200, WRONG_TYPES),
    "says it twice": says(200, b'{"held": [], "held": [], "units": [], "units": [], "returns": 1, "returns": 2}'),
    "sends elsewhere": says(307, b""),
    "speaks another language": speaks_another_language,
}  # fmt: skip


class Gate:
    """Passes requests on to `target` unless `way` has another talk for them, which is chosen by their body."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.way: Callable[[bytes], Talk | None] = lambda _: None
        self.loses_answers = False
        self.asked = 0
        self.server = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = int(self.server.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._listen, daemon=True).start()

    def goes(self, talk: Talk | None) -> None:
        """From now on every request is answered like this."""
        self.way = lambda _: talk

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, httpx2.HTTPError):
            connection.settimeout(20)
            line, headers, body = _read(connection)
            self.asked += 1
            talk = self.way(body)
            if talk is not None:
                talk(connection)
                return
            method, path, _ = line.split(" ", 2)
            answer = httpx2.request(method, f"{self.target}{path}", headers=headers, content=body, timeout=20)
            if not self.loses_answers:
                says(answer.status_code, answer.content)(connection)

    def close(self) -> None:
        self.server.close()


def _read(connection: socket.socket) -> tuple[str, dict[str, str], bytes]:
    text = b""
    while b"\r\n\r\n" not in text:
        more = connection.recv(65_536)
        if not more:
            raise OSError("nobody asks")
        text += more
    head, _, body = text.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65_536)
    return line, {name: value for name, value in headers.items() if name not in {"host", "connection"}}, body


@contextmanager
def gate(target: str) -> Iterator[Gate]:
    """Stands until the end."""
    one = Gate(target)
    try:
        yield one
    finally:
        one.close()
