"""The Seller API's push notifications: where a seller's program gets them, of which types, and whether it answers."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, post
from litestar.params import RawBody
from msgspec import Meta, Struct

from backhaul.kit import egress, http, i18n
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import push_errands, push_queries
from backhaul.marketplace import seller_wire as wire
from backhaul.marketplace.access import ApiKey
from backhaul.marketplace.doors import Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.push_queries import PushUrl
from backhaul.marketplace.push_sending import FAULTS
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.pushes import NEW, OWN_TYPES, STATE_CHANGED, TYPES
from backhaul.marketplace.seller_door import LookUp, Made, only_who_writes

SET, UPDATE, DELETE = (f"/v1/notification/{word}" for word in ("set", "update", "delete"))
CHECK, ENABLE, LIST = (f"/v1/notification/{word}" for word in ("check", "enable", "list"))
TYPE_LIST = "/v1/notification/push-type/list"
METHODS, ACTS = (LIST, TYPE_LIST), (SET, UPDATE, DELETE, CHECK, ENABLE)

DESCRIPTIONS = {
    NEW: N_("A customer asked for a return"),
    STATE_CHANGED: N_("The state of a return changed"),
}
NEVER_SENT = N_("Never sent here")

Url = Annotated[str, Meta(min_length=1, max_length=egress.URL_CHARACTERS_MAX)]
Types = Annotated[list[str], Meta(max_length=50)]


class SetNotificationRequest(Struct, frozen=True):
    """A new address and what it gets."""

    url: Url
    types: Types

    def __post_init__(self) -> None:
        _check_types(type(self), self.types)


class UpdateNotificationRequest(Struct, frozen=True):
    """Another address or other types; what is not said stays."""

    id: wire.Id
    url: Url | None = None
    types: Types | None = None

    def __post_init__(self) -> None:
        if self.types is not None:
            _check_types(type(self), self.types)


class DeleteNotificationRequest(Struct, frozen=True):
    """An address that gets nothing any more."""

    id: wire.Id


class CheckNotificationRequest(Struct, frozen=True):
    """Does this address answer a ping?"""

    url: Url


class EnableNotificationRequest(Struct, frozen=True):
    """On or off."""

    id: wire.Id
    enabled: bool


Act = Callable[[Tx, int, datetime], object]


def handlers(office: Office, look_up: LookUp) -> list[Any]:
    """Two methods that look, for keys of any role, and five that change something or call somebody."""

    @post(LIST, status_code=200)
    @http.in_thread
    def urls(request: Req) -> Response[bytes]:
        return look_up(request, lambda tx, by, _key, _at: {"urls": [_url(one) for one in _own(tx, by)]})

    @post(TYPE_LIST, status_code=200)
    @http.in_thread
    def types(request: Req) -> Response[bytes]:
        return look_up(request, lambda tx, by, _key, _at: {"types": [_type(name, _own(tx, by)) for name in TYPES]})

    @post(CHECK, status_code=200)
    @http.in_thread
    def check(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            only_who_writes(by)
            asked = wire.read(CheckNotificationRequest, body)
            return lambda: _checked(office, int(by.subject), asked.url)

        return look_up(request, find)

    return [urls, types, check, *_changes(office, look_up)]


def _changes(office: Office, look_up: LookUp) -> list[Any]:
    """Who sets an address must have a program there that answers: nobody is called again and again who never asked for it."""

    def changing(path: str, read: Callable[[bytes], tuple[type, str, Act]]) -> Any:
        @post(path, status_code=200)
        @http.in_thread
        def change(request: Req, body: RawBody) -> Response[bytes]:
            def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
                only_who_writes(by)
                shape, url, act = read(body)
                seller_id, caller = int(by.subject), request.state.caller

                def run(tx: Tx, at: datetime) -> bytes:
                    act(tx, seller_id, at)
                    return b""

                def make() -> dict[str, object]:
                    if url:
                        _check_answers(office, seller_id, shape, url)
                    office.desk.perform_now(Errand(run, caller))
                    return {}

                return make

            return look_up(request, find)

        return change

    def read_set(body: bytes) -> tuple[type, str, Act]:
        asked = wire.read(SetNotificationRequest, body)
        return type(asked), asked.url, lambda tx, seller, at: push_errands.add(tx, seller, asked.url, asked.types, at)

    def read_update(body: bytes) -> tuple[type, str, Act]:
        asked = wire.read(UpdateNotificationRequest, body)
        return (type(asked), asked.url or "",
                lambda tx, seller, _: push_errands.change(tx, seller, int(asked.id), asked.url, asked.types))  # fmt: skip

    def read_delete(body: bytes) -> tuple[type, str, Act]:
        asked = wire.read(DeleteNotificationRequest, body)
        return type(asked), "", lambda tx, seller, _: push_errands.remove(tx, seller, int(asked.id))

    def read_enable(body: bytes) -> tuple[type, str, Act]:
        asked = wire.read(EnableNotificationRequest, body)
        return (type(asked), "",
                lambda tx, seller, _: push_errands.switch(tx, seller, int(asked.id), on=asked.enabled))  # fmt: skip

    ways = ((SET, read_set), (UPDATE, read_update), (DELETE, read_delete), (ENABLE, read_enable))
    return [changing(path, read) for path, read in ways]


def _own(tx: Tx, by: By) -> list[PushUrl]:
    return push_queries.of_seller(tx, int(by.subject))


def _url(one: PushUrl) -> dict[str, object]:
    types = [{"type": name, "description": _described(name)} for name in one.types]
    return {"id": one.id, "url": one.url, "enable": one.enabled, "types": types, "created_at": one.created_at}


def _type(name: str, urls: list[PushUrl]) -> dict[str, object]:
    """With the first address that gets it."""
    row: dict[str, object] = {"type": name, "description": _described(name)}
    taken = next((one for one in urls if name in one.types), None)
    if taken is not None:
        row["seller_endpoint"] = {"id": taken.id, "url": taken.url}
    return row


def _described(name: str) -> str:
    return i18n.gettext(wire.RUSSIAN, DESCRIPTIONS[name] if name in OWN_TYPES else NEVER_SENT)


def _checked(office: Office, seller_id: int, url: str) -> dict[str, object]:
    fault = _ping(office, seller_id, CheckNotificationRequest, url)
    errors = [{"type": fault, "description": FAULTS[fault]}] if fault else []
    return {"is_active": not fault, "errors": errors}


def _check_answers(office: Office, seller_id: int, shape: type, url: str) -> None:
    fault = _ping(office, seller_id, shape, url)
    if fault:
        raise wire.wrong(shape, "url", f"the address does not answer a ping: {fault}, {FAULTS[fault]}")


def _ping(office: Office, seller_id: int, shape: type, url: str) -> str:
    """What is wrong with its answer. `Refused` when the address may not be called at all.

    A name's server and a program may keep us waiting: a seller asks one at a time, so that others have their turn.
    """
    try:
        egress.checked_url(office.pushes.way, url)
        with office.pushes.pings.at(seller_id):
            egress.check_name(office.pushes.way, url)
            return office.pushes.check(url)
    except Refused as refused:
        if refused.kind == "away":
            raise
        rule = {"address_not_https": "value must be an https address", "address_unknown": "value must lead somewhere"}
        raise wire.wrong(shape, "url", rule.get(refused.code, "value must be a public address")) from refused


def _check_types(shape: type, types: list[str]) -> None:
    unknown = sorted(set(types) - set(TYPES))
    if not types or unknown:
        raise wire.wrong(shape, "types", f"value must be in list [{', '.join(TYPES)}]")
