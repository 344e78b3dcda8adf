"""What docs/clients.md shows of pointing a client at us, run as it stands there with another address and key."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from backhaul.marketplace.rules.words import Status
from tests.clients.test_ozon_api_client import interpreter
from tests.marketplace.cast import ANADOLU, Market

ROOT = Path(__file__).resolve().parent.parent.parent
SNIPPETS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "clients.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(4))
def test_a_snippet_does_what_the_page_says(number: int, bazaar: Market, url: str) -> None:
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    named = (("https://marketplace.example", url), ("bh_rw_…", bazaar.key()), ("100001", str(return_id)))
    code = SNIPPETS[number]
    for there, here in named:
        code = code.replace(there, here)
    python = interpreter() if "ozon_api_client" in code else Path(sys.executable)
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, timeout=60, check=False)

    assert str(ANADOLU) in code or "/api/v1" in code
    assert done.stdout.strip() == f"R-{return_id}", done.stderr
    assert bazaar.now_is(return_id).status is (Status.APPROVED if "/approve" in code else Status.SELLER_REVIEW)


def test_each_client_has_its_snippet() -> None:
    assert [re.findall("ozonapi|ozon_sdk|ozon_api_client|httpx", one)[0] for one in SNIPPETS] == [
        "ozonapi", "ozon_sdk", "ozon_api_client", "httpx",
    ]  # fmt: skip
