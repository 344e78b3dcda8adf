"""Serve an app over HTTP: in this process for stories and the demo's world, or as a process of its own."""

import asyncio
import socket
import threading
from typing import Any

import uvicorn

GRACE_SECONDS = 10
START_SECONDS = 30
KEEP_ALIVE_SECONDS = 75  # clients let go first (5 to 60 s): who closes while the other asks loses a request


def config(app: Any, *, access_log: bool = False, proxies: str = "") -> uvicorn.Config:
    """One worker, quick loop and parser, a bounded goodbye.

    `proxies`: addresses or networks, with commas between them, whose X-Forwarded-For and -Proto are believed; by default none.
    """
    return uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        log_config=None,  # its records go where all others go
        log_level="warning",
        access_log=access_log,
        lifespan="off",
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
        date_header=False,
    )


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; OSError when the port is taken (no SO_REUSEPORT: two servers must never share one)."""
    server = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((host, port))
    except OSError:
        server.close()
        raise
    server.listen(512)
    server.setblocking(False)  # noqa: FBT003 -- the socket's own manner
    return server


class Served:
    """An app served from a thread of this process, on a port of its own."""

    def __init__(self, app: Any, host: str = "127.0.0.1", port: int = 0, *, proxies: str = "") -> None:
        self.socket = listen(host, port)
        self.port: int = self.socket.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self._server = uvicorn.Server(config(app, proxies=proxies))
        self._thread = threading.Thread(target=self._run, name=f"http-{self.port}", daemon=True)
        self._started = threading.Event()

    def start(self) -> "Served":
        """Serve until `stop`; returns when the port answers (connections queue from the bind on)."""
        self._thread.start()
        if not self._started.wait(START_SECONDS):
            msg = "the server did not start"
            raise TimeoutError(msg)
        return self

    def stop(self) -> None:
        """Finish the open requests and free the port."""
        self._server.should_exit = True
        self._thread.join(GRACE_SECONDS + 5)
        self.socket.close()

    def _run(self) -> None:
        async def serve() -> None:
            self._started.set()
            await self._server.serve(sockets=[self.socket])

        with asyncio.Runner(loop_factory=_loop) as runner:
            runner.run(serve())


def _loop() -> asyncio.AbstractEventLoop:
    import uvloop  # noqa: PLC0415 -- chosen here only

    return uvloop.new_event_loop()
