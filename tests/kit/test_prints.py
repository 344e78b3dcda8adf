"""Row 7 of the programme: >= 90 % of edited copies are found again, at <= 1 % of others; the same bytes alone find none of them.

The slow one is the issue's figure and the speed among a million.
"""

import hashlib
import io
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from backhaul.demo_pictures import picture
from backhaul.kit import pictures, prints
from backhaul.kit.database import Database, transaction
from backhaul.marketplace import tables
from tests.kit.scenes import as_jpeg, edits, grain, scene

SEED = 20_261_130
RECALL_MIN, FALSE_MAX = 0.90, 0.01


def print_of(data: bytes) -> bytes:
    edge = pictures.PRINT_EDGE
    return Image.open(io.BytesIO(data)).convert("L").resize((edge, edge), Image.Resampling.BOX).tobytes()


def are_alike(one: bytes, other: bytes) -> bool:
    """As a house finds it: by a shared band first."""
    near = any(band in wanted for band, wanted in zip(prints.bands(one), prints.probes(other), strict=True))
    return near and bool(list(prints.alike(other, [one])))


def measured(count: int) -> tuple[Counter[str], int, float, float]:
    """Of so many pictures: which edits were found again, of how many each; the share found by their bytes; others that were taken for one."""
    whole = [scene(SEED + n) for n in range(count)]
    whole[:3] = [Image.open(io.BytesIO(picture(n))).convert("RGB") for n in range(3)]
    sent = [as_jpeg(one) for one in whole]
    known = [print_of(one) for one in sent]
    found, by_bytes = Counter[str](), 0
    digests = {hashlib.sha256(one).digest() for one in sent}
    for n, one in enumerate(whole):
        for name, edited in edits(one, SEED + n).items():
            found[name] += are_alike(known[n], print_of(edited))
            by_bytes += hashlib.sha256(edited).digest() in digests
    mistaken = sum(any(are_alike(known[m], known[n]) for m in range(3, n)) for n in range(3, count))
    return found, count, by_bytes / (count * len(found)), mistaken / (count - 3)


def test_edited_copies_are_found_again_and_the_bytes_alone_find_none() -> None:
    found, count, by_bytes, mistaken = measured(14)
    share = found.total() / (count * len(found))
    print(f"seed {SEED}: {share:.3f} found again, {mistaken:.3f} mistaken; {dict(found)} of {count} each")

    assert share >= RECALL_MIN
    assert mistaken <= FALSE_MAX
    assert by_bytes < RECALL_MIN  # the control: what compares bytes misses the target
    assert 0 == by_bytes


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_so_it_is_with_many() -> None:
    found, count, by_bytes, mistaken = measured(300)
    share = found.total() / (count * len(found))
    print(f"seed {SEED}: {share:.3f} found again, {mistaken:.3f} mistaken; {dict(found)} of {count} each")

    assert share >= RECALL_MIN
    assert mistaken <= FALSE_MAX
    assert by_bytes < RECALL_MIN


@pytest.mark.parametrize("shade", ["white", "black", "grey"])
def test_what_shows_nothing_is_plain(shade: str) -> None:
    even = Image.new("RGB", (640, 480), shade)
    noisy = Image.blend(even, grain((640, 480), 30, SEED), 0.1)
    passage = Image.linear_gradient("L").resize((640, 480))

    assert [True] * 3 == [prints.is_plain(print_of(as_jpeg(one))) for one in (even, noisy, passage)]
    assert not prints.is_plain(print_of(as_jpeg(scene(SEED))))


def test_a_print_is_made_where_the_picture_is_decoded() -> None:
    data = as_jpeg(scene(SEED))
    made = pictures.made_anew(data)

    assert pictures.rebuilt(data) == made.data
    assert pictures.PRINT_BYTES == len(made.print)
    assert 97 <= next(prints.alike(made.print, [print_of(data)]))[1]


@pytest.mark.slow
@pytest.mark.timeout(900)  # filling takes most of it
def test_among_a_million_a_look_takes_moments(database_url: str, tmp_path: Path) -> None:
    """Of a million prints whose bits fell by chance, and one that is looked for."""
    database = Database(database_url)
    tables.metadata.create_all(database.engine(), tables=[tables.seen_photo_tables.prints])
    dice = random.Random(SEED)
    photo, copy = print_of(as_jpeg(scene(SEED))), print_of(edits(scene(SEED), SEED)["JPEG 40"])
    rows = (
        {"blob_id": f"{n:064x}", "plain": False, "points": b"", **{f"band_{k}": dice.getrandbits(16) for k in range(4)}}
        for n in range(1_000_000)
    )
    with database.engine().begin() as connection:
        while some := [row for _, row in zip(range(50_000), rows, strict=False)]:
            connection.execute(tables.seen_photo_tables.prints.insert(), some)
    with transaction(database.writer(), database.dialect) as tx:
        tables.book.seen.keep(tx, "a" * 64, photo)
        tables.book.seen.keep(tx, "b" * 64, copy)
    took = []
    for _ in range(20):
        began = time.perf_counter()
        with database.read() as tx:
            near = tables.book.seen._nearest(tx, copy)  # noqa: SLF001 -- the part that a million makes slow
        took.append(time.perf_counter() - began)
    print(f"{len(near)} nearest among a million in {sorted(took)[10] * 1000:.0f} ms (median), {tmp_path}")

    assert sorted(took)[10] < 0.5
    database.close()
