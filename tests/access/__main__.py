"""Writes what every door answers everybody to var/access/HOUSE.txt, to review and to compare with the tables beside this file."""

import sys
import tempfile
from pathlib import Path

from tests.access import asking
from tests.access.test_access_matrix import HOUSES, world

to = Path("var/access")
to.mkdir(parents=True, exist_ok=True)
for house in sys.argv[1:] or HOUSES:
    with (
        tempfile.TemporaryDirectory() as folder,
        world(house, f"sqlite:///{folder}/database.sqlite", Path(folder)) as here,
    ):
        cells = {(name, by): asking.word(here.ask(name, by)) for name in here.questions for by in here.who}
        (to / f"{house}.txt").write_text(
            asking.written(list(here.who), here.questions.values(), cells), encoding="utf-8"
        )
    print(f"wrote {to / house}.txt")
