"""SIGTERM in the middle of requests: the house finishes what it holds, takes nothing new, and has everything that it acknowledged."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database
from backhaul.marketplace import queries
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import MUG, market
from tests.test_workers_apart import free_port

RETURNS, CLIENTS, BEFORE = 40, 4, 10
SECONDS = 60


def test_what_was_acknowledged_is_there_after_a_house_was_told_to_end(tmp_path: Path) -> None:
    with market(f"sqlite:///{tmp_path / 'data' / 'marketplace.db'}", tmp_path, Clock().now()) as shop:
        ids = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(RETURNS)]
        key = shop.key()
    port, acknowledged = free_port(), list[int]()
    words = ["serve", "marketplace", "--data", str(tmp_path / "data"), "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-m", "backhaul.cli", *words], stderr=subprocess.PIPE, text=True
    ) as house, httpx2.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=20) as client:  # fmt: skip
        assert house.stderr is not None
        assert "answers at" in house.stderr.readline()
        client.headers["authorization"] = f"Bearer {key}"

        def approve(return_id: int) -> str:
            try:
                answer = client.post(f"/returns/{return_id}/approve", json={})
            except httpx2.HTTPError:
                return "no answer"
            if answer.status_code == 200:
                acknowledged.append(return_id)
                if len(acknowledged) == BEFORE:
                    house.send_signal(signal.SIGTERM)
            return str(answer.status_code)

        with ThreadPoolExecutor(CLIENTS) as clients:
            answers = set(clients.map(approve, ids))
        said, _ = house.communicate(timeout=SECONDS)[1], house.wait(SECONDS)
        afterwards = approve(ids[0])
    database = Database(f"sqlite:///{tmp_path / 'data' / 'marketplace.db'}")
    with database.read() as tx:
        approved = [one for one in ids if any(line.kind == "Approved" for line in queries.history(tx, one))]
    database.close()

    assert (0, "") == (house.returncode, said)
    assert answers <= {"200", "503", "no answer"}
    assert set(acknowledged) <= set(approved)
    assert BEFORE <= len(acknowledged)
    assert "no answer" == afterwards
    assert len(approved) - len(acknowledged) <= CLIENTS  # written, and the answer lost on its way
