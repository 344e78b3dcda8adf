"""Whether a house's database says what its events say: every case folded anew, every chain, the ledger, the files, an anchor.

It only looks: a house may run meanwhile, and nothing is made or migrated.
"""

from collections.abc import Iterator
from contextlib import closing
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import msgspec

from backhaul import serving
from backhaul.kit import anchors, migrations
from backhaul.kit.blobs import BlobStore
from backhaul.kit.chains import CHAINS_A_ROUND
from backhaul.kit.database import Database, DatabaseError, Tx
from backhaul.kit.machine import Refused
from backhaul.kit.media_proof import FileFault
from backhaul.kit.object_storage import storage_of

HOUSES, say = serving.HOUSES, serving.say
SOUND, UNSOUND, NOT_LOOKED = 0, 1, 2


class Found(msgspec.Struct):
    """What was looked through. `lost`: files of which somebody knows already that they are not as they were."""

    cases: int = 0
    faults: int = 0
    lost: frozenset[str] = frozenset()

    def tell(self, fault: str) -> None:
        """Say a sentence, and count it unless it is known."""
        if isinstance(fault, FileFault) and fault.file in self.lost:
            return
        say(fault)
        self.faults += 1


def verify(
    name: str, data: Path, given: str, media: str = "", anchor: Path | None = None, lost: frozenset[str] = frozenset()
) -> int:
    """Fold everything anew; 1 when a row differs from its events, a chain is broken or an anchor does not hold, 2 when nobody could look."""
    if is_missing(name, data, given):
        say(f"there is no {name} at {data}")
        return NOT_LOOKED
    try:
        kept = None if anchor is None else anchors.read(anchor, name)
    except (anchors.NotAnAnchor, OSError) as error:
        say(str(error))
        return NOT_LOOKED
    blobs = BlobStore(storage_of(media, data / "blobs"))
    found = Found(lost=lost)
    missing: list[FileFault] = []
    try:
        with closing(Database(serving.database_url(name, data, given))) as database:
            with database.read() as tx:
                if migrations.is_behind(tx, f"backhaul.{name}"):
                    say("the schema is behind this program: serve the house once, it migrates")
                    return NOT_LOOKED
                for fault in faults(name, tx, blobs, found, kept):
                    if isinstance(fault, FileFault) and fault.is_missing:
                        missing.append(fault)
                    else:
                        found.tell(fault)
            _look_again(name, database, missing, found)
    except DatabaseError as error:
        say(f"the database cannot be read: {error}")
        return UNSOUND if serving.is_embedded(given) else NOT_LOOKED
    except Refused:
        say("the storage of photos and videos does not answer")
        return NOT_LOOKED
    say(f"{found.cases} cases folded anew, {found.faults} differ")
    if kept is not None:
        say(f"the anchor of {kept.line.at:%Y-%m-%d %H:%M:%S} UTC has {len(kept.heads)} chains")
    return UNSOUND if found.faults else SOUND


def _look_again(name: str, database: Database, missing: list[FileFault], found: Found) -> None:
    """A house that runs deletes files after their time: what the snapshot still knew may be gone by right since."""
    with database.read() as tx:
        for fault in missing:
            if HOUSES[name].proofs.MEDIA.keeps(tx, fault.file):
                found.tell(fault)


def not_the_houses(name: str, data: Path, given: str) -> str:
    """Why nobody can make a copy of a house here: it is not there, or this is not the directory with its key; empty when one can."""
    if is_missing(name, data, given):
        return f"there is no {name} at {data}"
    return "" if (data / "seal.key").is_file() else f"{data} is not the {name}'s directory: there is no seal.key in it"


def is_missing(name: str, data: Path, given: str) -> bool:
    """Whether a house with an embedded database is not there. A server answers for itself."""
    return serving.is_embedded(given) and not Path(Database(serving.database_url(name, data, given)).path).is_file()


def faults(name: str, tx: Tx, blobs: BlobStore, found: Found, anchor: anchors.Anchor | None = None) -> Iterator[str]:
    """A sentence for everything that is not as it should be."""
    house = HOUSES[name]
    yield from (f"the file is damaged: {said}" for said in tx.damages())
    for noun, shelf in house.shelves.items():
        after = 0
        while ids := shelf.all_ids(tx, after):
            for case_id, _ in ids:
                yield from of_case(house, noun, shelf, tx, blobs, case_id)
            found.cases += len(ids)
            after = ids[-1][0]
    for chain in house.proofs.CHAINS:
        yield from chain.faults(tx)
    yield from house.proofs.MEDIA.faults(tx, blobs)
    for audit in house.audits:
        yield from audit(tx)
    if anchor is not None:
        yield from unanchored(name, tx, anchor)


def of_case(house: Any, noun: str, shelf: Any, tx: Tx, blobs: BlobStore, case_id: int) -> Iterator[str]:
    """What is wrong with one case."""
    try:
        again, chained = shelf.replay(tx, case_id)
        if not chained or again != shelf.one(tx, case_id):
            yield f"{noun} {case_id}: {'the row differs from its events' if chained else 'the chain is broken'}"
        for looks in house.faults.get(noun, ()) if again else ():
            yield from looks(tx, blobs, again)
    except DatabaseError:
        raise
    except Exception as error:  # whoever changes events by hand writes what nothing can fold
        if isinstance(error, Refused) and error.kind == "away":
            raise  # the storage of files does not answer
        yield f"{noun} {case_id}: what stands there cannot be read ({type(error).__name__})"


def unanchored(name: str, tx: Tx, anchor: anchors.Anchor) -> Iterator[str]:
    """Chains that are not what they were when the anchor was made, however well they hold together now."""
    chains = {chain.noun: chain for chain in HOUSES[name].proofs.CHAINS}
    for noun, heads in groupby(anchor.heads, lambda head: head.noun):
        while some := list(islice(heads, CHAINS_A_ROUND)):
            for head in chains[noun].missing(tx, some):
                yield f"{noun} {head.case_id}: the anchor knows event {head.seq}, which is not there as it was"
