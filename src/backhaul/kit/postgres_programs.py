"""PostgreSQL's own programs for backups: found on PATH or in a directory, called with the password in their environment."""

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy.engine import URL

PROGRAMS = "BACKHAUL_PG_BIN"  # where they are, when PATH has others or none


class NotDone(Exception):
    """A program is not here, or says that it did not do it."""


def run(name: str, url: URL, *arguments: str) -> str:
    """What a program says on its output. `url` is whose database, with the login that owns the tables."""
    program = shutil.which(name, path=os.environ.get(PROGRAMS) or None)
    if program is None:
        raise NotDone(
            f"{name} is not here: install PostgreSQL's client programs of the server's version "
            f"(Debian: postgresql-client), or say where they are: {PROGRAMS}=DIRECTORY"
        )
    named = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(
        [program, *arguments, f"--dbname={named}"],
        capture_output=True, text=True, check=False, env={**os.environ, **secret},
    )  # fmt: skip
    if done.returncode != 0:
        raise NotDone(f"{Path(program).name}: {done.stderr.strip()[-2000:]}")
    return done.stdout
