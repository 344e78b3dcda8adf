"""What docs/webhooks.md shows works: the check in Python, the message to try it with, and the option for trying out."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backhaul.cli import app
from backhaul.kit import webhooks

PAGE = (Path(__file__).parent.parent / "docs" / "webhooks.md").read_text(encoding="utf-8")
AT = datetime(2024, 9, 2, 7, 0, tzinfo=UTC)
Check = Callable[[str, dict[str, str], bytes, int], bool]


def block(language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture
def is_genuine() -> Check:
    names: dict[str, Check] = {}
    exec(block("python"), names)  # noqa: S102 -- what a reader would run
    return names["is_genuine"]


def test_the_message_of_the_page_is_genuine(is_genuine: Check) -> None:
    [secret] = set(re.findall(r"whsec_[\w+/=]{20,}", PAGE))
    head, body = block("http").split("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    now = int(headers["webhook-timestamp"])

    assert is_genuine(secret, headers, body.strip().encode(), now)
    assert not is_genuine(secret, headers, body.strip().encode(), now + 301)
    assert not is_genuine(secret, headers, body.encode(), now)  # with the line's end


def test_the_check_of_the_page_takes_ours_and_no_forgery(is_genuine: Check) -> None:
    ours, other, now = webhooks.new_secret(), webhooks.new_secret(), int(AT.timestamp())
    headers = webhooks.headers((other, ours), "evt_1", AT, b"{}")

    assert [True, True] == [is_genuine(one, headers, b"{}", now) for one in (ours, other)]
    assert not is_genuine(webhooks.new_secret(), headers, b"{}", now)
    assert not is_genuine(ours, {**headers, "webhook-id": "evt_2"}, b"{}", now)
    assert not is_genuine(ours, headers, b"{ }", now)
    assert not is_genuine(ours, {}, b"{}", now)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve", "partner", "--webhooks-into", "127.0.0.256"], "127.0.0.256"),
        (["serve", "marketplace", "--webhooks-into", "everywhere"], "everywhere"),
        (["work", "marketplace", "--database", "postgresql+psycopg://x", "--webhooks-into", "10.0.0.1/8"], "host bits set"),
    ],
)  # fmt: skip
def test_a_network_that_is_none_is_refused_before_anything_starts(words: list[str], said: str) -> None:
    answer = CliRunner().invoke(app, words)

    assert 2 == answer.exit_code
    assert said in answer.output
