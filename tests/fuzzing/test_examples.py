"""Every example of the documents is sent to a house that has what it names, by whoever may: what a reader copies works."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.fuzzing import shops
from tests.fuzzing.fuzzer import Fuzzer, with_real

# Read and understood, but nothing here is in a state for it: what has to happen first, the stories tell.
IN_NO_STATE_HERE: dict[str, set[str]] = {
    "marketplace": {
        "POST /api/v1/orders/{line_id}/returns",
        *(
            f"POST /api/v1/returns/{{return_id}}/{word}"
            for word in (
                "ask-photos", "send-photos", "receive-for-disposal", "reverse-claim", "certify-disposal",
                "reverse-compensation", "object-to-weight", "decide-weight", "refuse-claim", "record-carrier-answer",
            )
        ),
        "POST /api/v1/my-block/appeal",
        "POST /api/v1/reports",
        "POST /api/v1/invitations/{token}/accept",
        "POST /api/v1/settings/moderation/consent",
        "POST /api/v1/partner/claim-photos",
        "POST /api/v1/blocks/{block_id}/raise-level",
        "POST /api/v1/reconciliation/breaks/{break_id}/explain",
    },
    "partner": {
        *(
            f"POST /api/v1/parcels/{{parcel_id}}/{word}"
            for word in ("destroy", "check-gate", "release-quarantine", "approve-claim", "refuse-claim")
        ),
        *(f"POST /api/v1/second-checks/{{parcel_id}}/{word}" for word in ("check", "review")),
        "POST /api/v1/consignments/{consignment_id}/note-consignment-lost",
        "POST /api/v1/disputes/{dispute_id}/credit",
        "POST /api/v1/payments/match",
        *(f"POST /api/v1/orphans/{{orphan_id}}/{word}" for word in ("match", "dispose")),
        "POST /api/v1/authorizations",  # the marketplace is asked, and nobody is there
        "POST /api/v1/marked-photos",
        "POST /api/v1/companies/confirm",  # the token is in a mail
    },
}  # fmt: skip
LAST = (
    "hand-over",
    "dispute", "raise-level", "rate-cards", "policy", "versions", "change", "withdraw", "{name}", "explain", "close", "approve", "lift", "decide-appeal",
    "pack-unit", "declare-goods", "measure-carton", "close-consignment", "dispatch-consignment", "note-tracking",
    "deliver-consignment", "print-label", "{parcel_id}/dispatch", "note-shipment-lost", "cancel-consignment", "disputes", "refuse", "credit", "match", "dispose",
)  # fmt: skip
FILES = ("image/", "video/", "application/pdf", "application/xml", "text/csv")


def bodies(fuzzer: Fuzzer) -> Iterator[tuple[str, str, Any]]:
    """Verb, path and example of each operation that takes JSON of a known shape."""
    for path, verbs in fuzzer.document["paths"].items():
        for verb, operation in verbs.items():
            content = operation.get("requestBody", {}).get("content", {})
            if content and not any(media_type.startswith(FILES) for media_type in content):
                shown = content["application/json"].get("examples", {}).get("fits", {}).get("value")
                if content["application/json"]["schema"] != {"type": "object"}:
                    yield verb.upper(), path, shown


def turn(one: tuple[str, str, Any]) -> int:
    """A preview before what it previews, what ends a thing last."""
    return next((place for place, end in enumerate(LAST) if one[1].endswith(f"/{end}")), -1)


def offered(fuzzer: Fuzzer) -> dict[str, list[str]]:
    """Addresses by who may act on them now, as the lists themselves say (`available_actions`)."""
    found: dict[str, list[str]] = {}
    for role in fuzzer.sessions:
        for path in ("/api/v1/returns", "/api/v1/parcels"):
            rows = fuzzer.sessions[role].get(fuzzer.url + path, timeout=30)
            for row in rows.json() if rows.status_code == 200 else ():
                found.setdefault(role, []).extend(act["href"] for act in row["available_actions"])
    return found


def candidates(fuzzer: Fuzzer, path: str, *, is_hopeless: bool) -> Iterator[tuple[str, str]]:
    """Who to try it as, and where: first who is told that they may."""
    word = path.rpartition("/")[2]
    is_act = path.startswith(("/api/v1/returns/{", "/api/v1/parcels/{"))
    for role, hrefs in offered(fuzzer).items() if is_act else ():
        yield from ((role, href) for href in hrefs if href.endswith(f"/{word}"))
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    values = product(*(fuzzer.places.get(name, ["0"]) for name in names))
    for chosen, role in product([*values][: 1 if is_act and is_hopeless else 16], fuzzer.sessions):
        address = path
        for name, value in zip(names, chosen, strict=True):
            address = address.replace(f"{{{name}}}", str(value))
        yield role, address


def answers(fuzzer: Fuzzer, verb: str, path: str, body: Any, *, is_hopeless: bool) -> Iterator[requests.Response]:
    for role, address in candidates(fuzzer, path, is_hopeless=is_hopeless):
        yield fuzzer.sessions[role].request(verb, fuzzer.url + address, json=body, timeout=30)


@pytest.mark.parametrize("house", [shops.marketplace, shops.partner])
def test_every_example_works(house: Any, tmp_path: Path) -> None:
    missing, wrong, unfit = [], [], set()
    with house(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as fuzzer:
        for verb, path, shown in sorted(bodies(fuzzer), key=turn):
            name = f"{verb} {path}"
            if shown is None:
                missing.append(name)
                continue
            body = with_real(shown, fuzzer.real, path)
            told = []
            for answer in answers(fuzzer, verb, path, body, is_hopeless=name in IN_NO_STATE_HERE[house.__name__]):
                told.append(answer)
                if answer.status_code < 300 or answer.status_code in {400, 422}:
                    break
            if told[-1].status_code >= 300:
                unfit.add(name)
                wrong += [f"{name}: {one.text[:200]}" for one in told if one.status_code in {400, 422, 500}][:1]

    assert [] == missing
    assert [] == wrong
    assert IN_NO_STATE_HERE[house.__name__] == unfit
