"""A wire to PostgreSQL that can be cut: a proxy that loses the answer to a COMMIT, or lets nobody through."""

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHUNK = 65536
SOCKET = ".s.PGSQL.5432"
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"  # the server's message that a command is complete


class Wire:
    """One thread for each direction of each connection; all end with their sockets."""

    def __init__(self, server: Path, here: Path) -> None:
        self._server = server
        self._here = here
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(here / SOCKET))
        self._listener.listen()
        self._open: list[socket.socket] = []
        self._commits_until_loss = 0
        self.lets_through = True
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database_name: str) -> str:
        return f"postgresql+psycopg://postgres@/{database_name}?host={self._here}"

    def lose_commit(self, nth: int = 1) -> None:
        """The answer to the nth COMMIT from now is lost, with the connection that it is on. The COMMIT is done."""
        self._commits_until_loss = nth

    def cut(self) -> None:
        """Everybody's connection ends now."""
        open_now, self._open = self._open, []
        for one in open_now:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self.lets_through:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._server / SOCKET))
            self._open += [client, server]
            threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            while said := client.recv(CHUNK):
                server.sendall(said)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError), server:
            while (said := server.recv(CHUNK)) and not self._is_lost(said):
                client.sendall(said)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _is_lost(self, said: bytes) -> bool:
        if not self._commits_until_loss or COMMITTED not in said:
            return False
        self._commits_until_loss -= 1
        return not self._commits_until_loss


@contextmanager
def wire(server: Path) -> Iterator[Wire]:
    """A wire to the server whose socket stands in this folder."""
    with tempfile.TemporaryDirectory(prefix="bh-wire-") as here:  # a short path: it is a socket's
        opened = Wire(server, Path(here))
        try:
            yield opened
        finally:
            opened.close()
