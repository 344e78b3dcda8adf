"""How acts reach a house and what the callers are told: programs through the real doors of API v1, people at the desk."""

from typing import Any

import httpx2
import msgspec

from backhaul.kit.desk import Order, fingerprint
from backhaul.kit.machine import Refused
from backhaul.marketplace import access
from backhaul.marketplace.doors import ACT_WORDS, _summary
from backhaul.partner import access as partner_access
from backhaul.partner.doors import ACT_WORDS as PARTNER_WORDS
from tests.simulation.acts import Act
from tests.simulation.crashes import Crashed
from tests.simulation.houses import AGAIN, House, code_of


class Heard(msgspec.Struct, frozen=True):
    """What the caller knows afterwards: `done`, `refused` with a code, or `unknown`."""

    how: str
    code: str = ""
    answer: Any = None
    changed: bool = False


UNKNOWN = Heard("unknown")


def speak(house: House, act: Act, version: int = 0) -> Heard:
    """Say it once; `version` is the one before it. A house that is down, or dies over it, leaves the caller without an answer."""
    try:
        if act.through:
            return _through_doors(house, act, version)
        return house.does(lambda: _at_the_desk(house, act))  # type: ignore[no-any-return]
    except (Crashed, ConnectionError):
        return UNKNOWN
    except Refused as refused:
        return UNKNOWN if refused.kind == "away" or refused.code in AGAIN else Heard("refused", refused.code)


def _at_the_desk(house: House, act: Act) -> Heard:
    known = access.Known(act.by) if act.house == "marketplace" else partner_access.Known(act.by)
    body = fingerprint((act.case_id, act.name, act.command))
    render = _summary if act.house == "marketplace" else _parcel
    order = Order(act.case_id, act.command, known, act.key, body, act.seen, act.key, render)
    answer = house.office.desk.perform_now(order)
    return Heard("done", "", bytes(answer.body), bool(answer.events))


def _parcel(it: Any) -> bytes:
    return msgspec.json.encode([it.id, it.status, it.version])


def _through_doors(house: House, act: Act, version: int) -> Heard:
    words: Any = ACT_WORDS if act.house == "marketplace" else PARTNER_WORDS
    noun = "returns" if act.house == "marketplace" else "parcels"
    body = msgspec.json.encode(act.command)
    fields = bool(msgspec.structs.fields(act.command))
    headers = {"authorization": f"Bearer {act.through}", "idempotency-key": act.key, "x-request-id": act.key}
    if fields:
        headers["content-type"] = "application/json"
    if act.seen is not None:
        headers["if-match"] = f'"{act.seen}"'
    if not house.is_up:
        return UNKNOWN
    status, _, answer = house.answer("POST", f"/api/v1/{noun}/{act.case_id}/{words[type(act.command)]}", headers,
                                     _plain(body) if fields else b"")  # fmt: skip
    if status == httpx2.codes.OK:
        return Heard("done", "", answer, msgspec.json.decode(answer)["version"] > version)
    code = code_of(answer) or str(status)
    return UNKNOWN if status >= 500 or code in AGAIN else Heard("refused", code)


def _plain(body: bytes) -> bytes:
    """A command without the tag that only stored ones carry."""
    fields: dict[str, Any] = msgspec.json.decode(body)
    fields.pop("type", None)
    return msgspec.json.encode(fields)
