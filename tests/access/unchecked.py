"""A house from whose source every `if not by.writes` was taken out, asked by a key that only reads (T28). A program of its own: a web is built once a process.

    python -m tests.access.unchecked HOUSE DATABASE_URL DIRECTORY SEED REQUESTS [--writers]

`--writers` is the control: then readers get the connection of writers, too. The last line is JSON.
"""

import hashlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

CHECK = re.compile(r"\bnot (?:\w+\.)?by\.writes\b")
GUARD = "return not keys.says_read_only(caller.key)"
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override", "x-original-method")
KINDS = ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
TAKEN_OUT: Counter[str] = Counter()


class Without(SourceFileLoader):
    """A module whose checks are gone."""

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text(encoding="utf-8")
        if not fullname.endswith(".perform"):
            source, count = CHECK.subn("False", source)
            TAKEN_OUT["checks"] += count
        elif "--writers" in sys.argv:
            TAKEN_OUT["guards"] += source.count(GUARD)
            source = source.replace(GUARD, "return True")
        return compile(source, self.path, "exec", dont_inherit=True)


class Finder(MetaPathFinder):
    """Finds our own modules first."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith("backhaul."):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Without(fullname, spec.loader.path)
        return spec


def hashed(rows: object) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def odd(client: Any, named: Any, asked: list[tuple[str, str]], seed: int, count: int) -> Counter[int]:
    """Requests as nobody sends them: another verb, one in a header, a slash too many, a body of another kind."""
    from tests.doors import filled  # noqa: PLC0415

    chance, told = random.Random(seed), Counter[int]()
    for _ in range(count):
        verb, path = chance.choice(asked)
        path = filled(path, named)
        address = chance.choice((path, f"{path}/", f"/{path}", f"{path}?_method={verb}", path.upper(), f"{path}%20"))
        headers = {"content-type": chance.choice(KINDS), chance.choice(OVERRIDES): verb}
        body = chance.choice((b"", b"{}", b"[]", b"a=1", b'{"comment":"x"}'))
        told[client.request(chance.choice(VERBS), address, headers=headers, content=body).status_code] += 1
    return told


def marketplace(url: str, directory: Path, seed: int, count: int) -> dict[str, object]:
    from datetime import timedelta  # noqa: PLC0415

    from backhaul.marketplace.rules.words import Status  # noqa: PLC0415
    from tests.marketplace import people  # noqa: PLC0415
    from tests.marketplace import test_api_v1_reads_only as doors  # noqa: PLC0415
    from tests.marketplace.cast import CHEN, KETTLE, LUMITEK, market  # noqa: PLC0415

    with market(url, directory) as shop:
        shop.errand(people.let_in)
        with suppress(AssertionError), people.calling(shop) as call:  # the Seller API may say what its contract has not
            named = doors.places(shop, call)
            shop.in_status(Status.SELLER_REVIEW, KETTLE)
            text = shop.key(CHEN, "BI", read_only=True)
            key, seller = call(text), call("")
            seller.headers.update({"client-id": str(LUMITEK), "api-key": text})
            before, told = shop.dump(), Counter[int]()
            asked = [*doors.REFUSED, *doors.ITEM_BY_ITEM, *doors.PERSONAL]
            for door, (_, _, body) in doors.REFUSED.items():
                told[doors.send(key, door, named, body).status_code] += 1
            for door, body in doors.ITEM_BY_ITEM.items():
                items = {**body, "items": [{"return_id": named["return_id"]}]}
                told[doors.send(key, door, named, items).status_code] += 1
            for path, body in doors.METHODS.items():
                shop.clock.turn(timedelta(milliseconds=25))
                told[seller.post(path, json={"return_id": named["return_id"], **body}).status_code] += 1
            told += odd(key, named, asked, seed, count)
            after = shop.dump()
    changed = sorted(table for table, rows in after.items() if rows != before[table])
    return {"before": hashed(before), "after": hashed(after), "changed": changed, "told": dict(told)}


def partner(url: str, directory: Path, seed: int, count: int) -> dict[str, object]:
    import httpx2  # noqa: PLC0415

    from backhaul.partner import consignment_errands  # noqa: PLC0415
    from backhaul.partner.shapes import Signed  # noqa: PLC0415
    from tests.partner import test_api_v1_access as doors  # noqa: PLC0415
    from tests.partner.cast import RUSLAN  # noqa: PLC0415
    from tests.partner.house import CHEN, ID, opened  # noqa: PLC0415

    with opened(url, directory) as house:
        house.expects()
        house.expects(return_id=doors.COMING, return_number=f"R-{doors.COMING}")
        house.arrives()
        to, terms = consignment_errands.NewConsignment(house.hong_kong), house.office.house.terms
        house.errand(lambda tx, at: consignment_errands.begin(tx, to, terms, Signed(RUSLAN, at)))
        named: dict[str, object] = {
            "destination_id": house.hong_kong, "number": "INV-000001", "dispute_id": 1, "rule_id": 1, "consignment_id": doors.CONSIGNED,
            "orphan_id": 1001, "webhook_id": "hook_0", "event_id": "evt_1_1_1", "platform": "marketplace", "seller_id": 2093311,
            "parcel_id": ID, "public_id": "unknown",
        }  # fmt: skip
        text = house.key(CHEN, read_only=True)
        with httpx2.Client(base_url=house.url, timeout=60, headers={"authorization": f"Bearer {text}"}) as key:
            before, told = doors.dump(house), Counter[int]()
            for word, given in (doors.OF_THE_WAREHOUSE | doors.OF_SELLERS).items():
                told[doors.act(key, word, *given).status_code] += 1
            for door, (_, body) in doors.ELSEWHERE.items():
                told[doors.send(key, door, named, body).status_code] += 1
            told += odd(key, named, list(doors.ELSEWHERE), seed, count)
            after = doors.dump(house)
    changed = sorted(table for table, rows in after.items() if rows != before[table])
    return {"before": hashed(before), "after": hashed(after), "changed": changed, "told": dict(told)}


if __name__ == "__main__":
    sys.meta_path.insert(0, Finder())
    name, at, folder, chosen, many = sys.argv[1:6]
    found = {"marketplace": marketplace, "partner": partner}[name](at, Path(folder), int(chosen), int(many))
    print(json.dumps({**found, "taken_out": dict(TAKEN_OUT)}))
