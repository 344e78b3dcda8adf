"""Every event that the law can bring about fits the type that the OpenAPI document gives for it, and names nobody."""

import msgspec
import pytest

from backhaul.marketplace.rules.webhooks import TYPES, message
from backhaul.marketplace.telling_doors import SCHEMAS
from tests.rules.happenings import happenings

PEOPLE = (b"irina", b"oleg", b"nadia", b"marina", b"elif", b"chen", b'"C-1', b"example.com")


def all_messages() -> dict[bytes, str]:
    """Each return that the law can bring about, each command that it allows there: what the seller is told, with its type."""
    found: dict[bytes, str] = {}
    for it, event, at in happenings():
        told = message(it, event, it.version, at)
        if told is not None:
            found[msgspec.json.encode(told)] = told.type
    return found


def test_every_message_that_can_come_about_fits_its_type_and_names_nobody() -> None:
    every = all_messages()
    for body, kind in every.items():
        msgspec.json.decode(body, type=SCHEMAS.shape_of(kind), strict=True)
        assert not [word for word in PEOPLE if word in body], body

    assert len(every) > 500
    assert set(TYPES) == set(every.values())


@pytest.mark.parametrize("kind", TYPES)
def test_a_message_of_another_type_or_without_a_fact_does_not_fit(kind: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(
            b'{"id": "evt_1_1", "type": "return.eaten", "timestamp": "2024-09-02T07:00:00Z"}',
            type=SCHEMAS.shape_of(kind),
        )


def test_the_document_says_every_message_without_a_reference() -> None:
    said = {kind: item.to_schema() for kind, item in SCHEMAS.webhooks().items()}

    assert list(TYPES) == list(said)
    assert "$ref" not in str(said)
    assert {"post"} == {verb for item in said.values() for verb in item}
