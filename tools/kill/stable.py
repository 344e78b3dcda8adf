"""A process that has everything imported and only forks houses: what dies by SIGKILL is back in a fraction of a second.

Words on standard input: `start` answers the new house's process id, `end` ends. What a house says goes to a file.
`forgetful` and `careless` are the controls: a house that remembers no answers, and one that does not wait for the disk.
"""

import os
import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from backhaul import serving
from backhaul.kit import migrations
from backhaul.kit.database import Database
from backhaul.kit.journal import Journal

FORGETFUL, CARELESS = "forgetful", "careless"


def plant(control: str) -> None:
    """The defect that must be found."""
    if control == FORGETFUL:
        write = Journal.write

        def without_answers(journal: Journal, tx: Any, events: Any, entries: Any, letters: Any, _: Any) -> None:
            write(journal, tx, events, entries, letters, [])

        Journal.write = without_answers  # type: ignore[method-assign,assignment]
    if control == CARELESS:
        writer = Database.writer

        def careless(database: Database) -> Any:
            connection = writer(database)
            connection.execute("SET synchronous_commit = off")
            return connection

        Database.writer = careless  # type: ignore[method-assign,assignment]


def main(data: Path, database_url: str, port: int, control: str) -> None:
    plant(control)
    with as_file(files("backhaul.marketplace") / "migrations") as scripts:
        migrations.is_later(str(scripts), ())  # read once, before the first house
    for word in sys.stdin:
        if word.strip() != "start":
            return
        child = os.fork()
        if child == 0:
            log = os.open(data / "house.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os._exit(serving.serve("marketplace", data, database_url, "127.0.0.1", port, worker=False, secure=False))
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
