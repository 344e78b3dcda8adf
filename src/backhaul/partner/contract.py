"""The published Seller API as its callers meet it: the methods we use, its errors, and everything that real servers do differently.

Every field of an answer may be missing or null, there may be more than we know, numbers may be texts, `returns` is an array or an
object, and a wrong key is a 404. What a server cannot be held to is not relied on.
"""

from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec

from backhaul.kit import outside
from backhaul.kit.days import to_us
from backhaul.kit.outside import Answer
from backhaul.partner.rules.wire_states import ALL_GROUPS

ROLES, LIST, GET = "/v1/roles", "/v2/returns/rfbs/list", "/v2/returns/rfbs/get"
ACTS = frozenset({
    "/v1/returns/rfbs/action/set", "/v2/returns/rfbs/verify", "/v2/returns/rfbs/reject", "/v2/returns/rfbs/compensate",
    "/v2/returns/rfbs/return-money", "/v2/returns/rfbs/receive-return",
})  # fmt: skip
PAGE_ROWS = 500
SURE_LIMIT = 100  # the smallest page that a server is known to cut a larger wish down to
INT64_MAX = 2**63 - 1
WORDS_MAX = 300

# What servers say of a key: HTTP status, gRPC status (None: whichever), a word of the message, and what it means to us.
FAULTS = (
    (404, 5, "key", "wrong_key_or_seller_id"),
    (400, 3, "client-id", "wrong_seller_id_form"),
    (401, 16, "", "wrong_key_or_seller_id"),
    (403, None, "deactivated", "key_deactivated"),
    (403, None, "ip address", "key_network_not_allowed"),
    (403, None, "not signed", "offer_not_signed"),
    (403, None, "role", "key_without_returns"),
    (403, 7, "", "key_refused"),
)

_encode = msgspec.json.Encoder().encode


class Account(msgspec.Struct, frozen=True):
    """A seller at a server; `ours`: at our own marketplace. Its key never prints."""

    url: str
    seller_id: int
    key: str
    ours: bool = False

    def __str__(self) -> str:
        return f"seller {self.seller_id} at {self.url}"

    __repr__ = __str__


class Row(msgspec.Struct, frozen=True):
    """A return as a list shows it."""

    return_id: int
    number: str = ""
    posting_number: str = ""
    name: str = ""
    offer_id: str = ""
    price: str = ""
    group_state: str = ""
    state: str = ""
    state_name: str = ""
    created_us: int | None = None


class Detail(msgspec.Struct, frozen=True):
    """What only a single look shows: the customer's reason, and the number under which it travels."""

    reason: str = ""
    tracking: str = ""


class Roles(msgspec.Struct, frozen=True):
    """What a key may do. None: the server does not say."""

    methods: frozenset[str] | None = None
    expires_us: int = 0


class Unusable(Exception):
    """An answer that is none: the server is away, or is no such server."""


def ask(line: outside.Line, account: Account, path: str, body: dict[str, Any]) -> Answer:
    """One call. `httpx2.HTTPError` when nothing comes back, `Refused` when the address leads inside or nowhere."""
    headers = {"client-id": str(account.seller_id), "api-key": account.key}
    return outside.post(line, f"{account.url}{path}", _encode(body), headers, known=account.ours)


def fault(answer: Answer) -> str:
    """What is wrong with the key or the id, as a code of ours; empty: nothing. `Unusable` when the answer says nothing of it."""
    if answer.status == httpx2.codes.OK:
        return ""
    said = _object(answer.body)
    code, message = said.get("code"), _text(said.get("message")).lower()
    for status, number, word, meaning in FAULTS:
        if answer.status == status and (number is None or number == code) and word in message:
            return meaning
    raise Unusable(f"{answer.status} {code if isinstance(code, int) else ''}".strip())


def roles(answer: Answer) -> Roles:
    """The methods that a key opens, and until when. An empty answer says neither."""
    said = _object(answer.body)
    listed = said.get("roles")
    expires = _moment_us(said.get("expires_at"))
    if not isinstance(listed, list):
        return Roles(None, expires)
    methods = [role.get("methods") for role in listed if isinstance(role, dict)]
    known = [method for found in methods if isinstance(found, list) for method in found if isinstance(method, str)]
    return Roles(frozenset(known) if known else None, expires)


def list_body(after: int, since: datetime | None) -> dict[str, Any]:
    """The wish for a page of returns after an id."""
    wanted: dict[str, Any] = {"group_state": [ALL_GROUPS]}
    if since is not None:
        wanted["created_at"] = {"from": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {"filter": wanted, "limit": PAGE_ROWS, "last_id": after}


def rows(answer: Answer) -> list[Row]:
    """A page of returns. `Unusable` when it cannot be read, or has a return that nothing could call by its id."""
    said = _json(answer.body)
    found = said.get("returns") if isinstance(said, dict) else None
    if not isinstance(said, dict):
        raise Unusable("no object")
    if not isinstance(found, list | dict | None):
        raise Unusable("no returns")
    listed = found if isinstance(found, list) else [found] if isinstance(found, dict) and found else []
    return [_row(one) for one in listed]


def detail(answer: Answer) -> Detail:
    """A single return: one object under the plural name."""
    found = _object(answer.body).get("returns")
    one = found[0] if isinstance(found, list) and found else found
    if not isinstance(one, dict):
        return Detail()
    reason = one.get("return_reason")
    return Detail(
        _text(reason.get("name")) if isinstance(reason, dict) else "", _text(one.get("ru_post_tracking_number"))
    )


def _row(one: object) -> Row:
    if not isinstance(one, dict) or (return_id := _number(one.get("return_id"))) is None:
        raise Unusable("a return without its id")
    product, state = _part(one, "product"), _part(one, "state")
    price, currency = _text(product.get("price")), _text(product.get("currency_code"))
    return Row(
        return_id=return_id,
        number=_text(one.get("return_number")),
        posting_number=_text(one.get("posting_number")),
        name=_text(product.get("name")),
        offer_id=_text(product.get("offer_id")),
        price=f"{price} {currency}".strip() if price else "",
        group_state=_text(state.get("group_state")).lower(),
        state=_text(state.get("state")),
        state_name=_text(state.get("state_name")),
        created_us=_moment_us(one.get("created_at")) or None,
    )


def _part(one: dict[str, Any], name: str) -> dict[str, Any]:
    found = one.get(name)
    return found if isinstance(found, dict) else {}


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unusable("no JSON") from error


def _object(body: bytes) -> dict[str, Any]:
    said = _json(body)
    if not isinstance(said, dict):
        raise Unusable("no object")
    return said


def _number(value: object) -> int | None:
    """An id, as a number or as digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= INT64_MAX else None


def _text(value: object) -> str:
    """Words or a number, never longer than a cell of a table takes, without characters that cannot be stored."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\x00", "").strip()[:WORDS_MAX]


def _moment_us(value: object) -> int:
    """An instant; 0 when there is none that can be read."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return 0
    if at is None or at.year < 1971 or at.year > 9000:
        return 0
    return to_us(at if at.tzinfo else at.replace(tzinfo=UTC))
