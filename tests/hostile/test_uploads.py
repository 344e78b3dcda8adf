"""T21: hostile files at the real doors of both houses. Refused with a clear word, or made anew from pixels; nothing of them is ever kept.

A tenth on every run, at one door; all of it with `./bh soak`. A mutant is named by its seed.
"""

import os
from itertools import islice
from pathlib import Path

import pytest

from backhaul.kit import pictures
from tests.hostile import at_the_doors, corpus
from tests.hostile.at_the_doors import KILOBYTES_MAX

SEED = int(os.environ.get("BACKHAUL_SEED", "1"))
MUTANTS = int(os.environ.get("BACKHAUL_MUTANTS", "5000"))
REFUSALS = {"not_a_picture", "on the page", "picture_too_large"}


def tenth() -> dict[str, bytes]:
    """Every tenth file, others with another seed, two bombs that are quickly made, and forty mutants."""
    some = dict(islice(corpus.small().items(), SEED % 10, None, 10))
    large = corpus.png(6_240, 6_250, 8, 6, corpus.packed_zeros((6_240 * 4 + 1) * 6_250))
    some |= {"GIF of 50,000 frames": corpus.many_frames(50_000), "39 megapixels with alpha": large}
    return some | dict(corpus.mutants(SEED, 40))


def test_a_tenth_of_the_corpus_and_forty_mutants_at_a_door(tmp_path: Path) -> None:
    found = at_the_doors.run("marketplace", tmp_path, tenth(), doors_max=1)

    assert [] == found.faults
    assert set(found.refused) <= REFUSALS
    assert found.made_anew == found.looked_at > 0
    assert found.kilobytes <= KILOBYTES_MAX


def test_a_house_that_keeps_what_it_was_sent_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: nothing is made anew."""
    monkeypatch.setattr(pictures, "made_anew", lambda data: pictures.Picture(data, bytes(pictures.PRINT_BYTES)))
    said = corpus.picture(exif=corpus.exif()) + corpus.CANARY
    found = at_the_doors.run("marketplace", tmp_path, {"a picture that tells": said}, doors_max=1)

    assert any("the very bytes that were sent" in one for one in found.faults)
    assert any("was sent so" in one for one in found.faults)
    assert any("the canary is in it" in one for one in found.faults)


def test_the_corpus_is_as_large_as_the_programme_asks() -> None:
    """At least 250 files; the bombs are counted by their maker."""
    assert len(corpus.small()) >= 250


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("house", at_the_doors.HOUSES)
def test_the_whole_corpus_at_every_door(house: str, tmp_path: Path) -> None:
    found = at_the_doors.run(house, tmp_path, {**corpus.small(), **corpus.bombs()})

    assert [] == found.faults
    assert set(found.refused) <= REFUSALS
    assert found.kilobytes <= KILOBYTES_MAX


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_five_thousand_mutants_at_a_door(tmp_path: Path) -> None:
    print(f"seed {SEED}: BACKHAUL_SEED={SEED} makes the same ones")
    found = at_the_doors.run("marketplace", tmp_path, dict(corpus.mutants(SEED, MUTANTS)), doors_max=1)

    assert [] == found.faults
    assert set(found.refused) <= REFUSALS
    assert found.kilobytes <= KILOBYTES_MAX
