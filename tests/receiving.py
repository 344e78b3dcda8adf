"""A seller's program that takes webhooks, on a port of this machine: it checks each signature by itself and keeps what it got.

The check is written anew from the public text of Standard Webhooks, not with our code.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
TOLERANCE_SECONDS = 300


def verifies(secret: str, headers: dict[str, str], body: bytes, now_seconds: int) -> bool:
    """HMAC-SHA256 over `id.timestamp.body`, base64, any of the signatures; not older or newer than five minutes."""
    try:
        message_id, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        given = [one.partition(",")[2] for one in headers["webhook-signature"].split() if one.startswith("v1,")]
        if abs(now_seconds - int(stamp)) > TOLERANCE_SECONDS:
            return False
    except (KeyError, ValueError):
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest())
    return any(hmac.compare_digest(expected, one.encode()) for one in given)


class Got:
    """One request as it came."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path = path
        self.headers = headers
        self.body = body

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Answers what `answer` says; 204 at first."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[Got], Answer] = lambda _: (204, {}, b"")
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                one = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                receiver.got.append(one)
                status, headers, said = receiver.answer(one)
                self.send_response(status)
                for name, value in {"content-length": str(len(said)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

            def do_GET(self) -> None:
                receiver.got.append(Got(f"GET {self.path}", {}, b""))
                self.send_error(404)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hooks"

    def answers(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.answer = lambda _: (status, headers, body)

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()
