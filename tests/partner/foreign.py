"""A server that speaks the published Seller API and is nothing of ours: recorded answers, errors and quirks, by the contract alone."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

LIST, GET, ROLES = "/v2/returns/rfbs/list", "/v2/returns/rfbs/get", "/v1/roles"
ACTION = "/v1/returns/rfbs/action/set"
WRONG_KEY = (404, {"code": 5, "message": "Invalid Api-Key, please check the key and try again", "details": []})
DEACTIVATED = (
    403,
    {"code": 7, "message": "Api-key is deactivated, use another one or generate a new one", "details": []},
)
NO_ROLE = (403, {"code": 7, "message": "Api-Key is missing a required role for a method"})
NETWORK = (403, {"code": 7, "message": "Api-Key is restricted to specific IP addresses", "details": []})
UNSIGNED = (403, {"code": 9, "message": "Offer not signed", "details": []})
BAD_CLIENT = (400, {"code": 3, "message": "Client-Id header value should be positive integer", "details": []})
TOO_MANY = (429, {"code": 8, "message": "You have reached request rate limit per second", "details": []})
ROW_LIMIT = 100


def row(return_id: int, group: str = "delivering", state: str = "OnWay", **changes: Any) -> dict[str, Any]:
    """A return as the list shows it."""
    return {
        "return_id": return_id,
        "return_number": f"RET-2026-{return_id:05}",
        "client_name": "",
        "created_at": "2024-08-15T06:59:05.132Z",
        "order_number": f"1234{return_id}-0001",
        "posting_number": f"1234{return_id}-0001-1",
        "product": {"name": "Headset", "offer_id": "HS-1", "sku": 400001, "price": 2999, "currency_code": "CNY"},
        "state": {"group_state": group, "state": state, "state_name": "В пути", "money_return_state_name": ""},
        **changes,
    }


class Recorded:
    """The seller's account there: its key, what it opens, its returns, and what the server answers instead for a while."""

    def __init__(self) -> None:
        self.client_id, self.key = "77001122", "5f0c3c0e-77aa-4c1e-9a57-0a4f2a1d9c11"
        self.rows: list[dict[str, Any]] = []
        self.roles: dict[str, Any] = {
            "expires_at": "2025-02-18T09:54:23.296Z",
            "roles": [{"name": "Returns", "methods": [ROLES, LIST, GET, ACTION]}],
            "note": "a field that the contract does not have",
        }
        self.instead: dict[str, tuple[int, Any]] = {}
        self.meanwhile: Callable[[str, dict[str, Any]], tuple[int, Any] | None] = lambda _path, _body: None
        self.retry_after = ""
        self.heeds_last_id = True
        self.object_of_one = False
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.url = ""

    def answer(self, path: str, client_id: str, key: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append((path, body))
        said = self.meanwhile(path, body)
        if said is not None:
            return said
        if path in self.instead:
            return self.instead[path]
        if not client_id or not key:
            return 401, {"code": 16, "message": "Client-Id and Api-Key headers are required"}
        if (client_id, key) != (self.client_id, self.key):
            return WRONG_KEY
        methods = {ROLES: lambda _: (200, self.roles), LIST: self._list, GET: self._get}
        return methods[path](body) if path in methods else (404, {"code": 5, "message": "Not Found"})

    def _list(self, body: dict[str, Any]) -> tuple[int, Any]:
        if not isinstance(body.get("limit"), int):
            return 400, {
                "code": 3,
                "message": "Request validation error: invalid ReturnsRfbsListV2Request.Limit: value is required",
            }
        after = int(body.get("last_id") or 0) if self.heeds_last_id else 0
        since = body["filter"].get("created_at", {}).get("from", "")
        found = [
            one for one in self.rows if int(one["return_id"]) > after and (one.get("created_at") or since) >= since
        ]
        found = found[: min(body["limit"], ROW_LIMIT)]
        if not found:
            return 200, {}
        return 200, {"returns": found[0] if self.object_of_one and len(found) == 1 else found}

    def _get(self, body: dict[str, Any]) -> tuple[int, Any]:
        found = next((one for one in self.rows if str(one["return_id"]) == str(body.get("return_id"))), None)
        if found is None:
            return 404, {"code": 5, "message": "Not Found"}
        one = {name: value for name, value in found.items() if name != "return_id"}
        one |= {
            "available_actions": [{"id": -1, "name": "Отклонить"}], "client_photo": None, "comment": "мал",
            "client_return_method_type": {"id": 1, "name": "Почтой России"}, "rejection_reason": [],
            "return_reason": {"id": 3, "name": "Товар не подошёл", "is_defect": False},
            "ru_post_tracking_number": f"RU{body['return_id']}CN", "warehouse_id": 0,
        }  # fmt: skip
        return 200, {"returns": one}


@contextmanager
def foreign(recorded: Recorded) -> Iterator[Recorded]:
    """Serve it on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", "0")))
            status, said = recorded.answer(
                self.path, self.headers.get("Client-Id", ""), self.headers.get("Api-Key", ""), json.loads(raw or b"{}")
            )
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("x-o3-trace-id", "0af7651916cd43dd8448eb211c80319c")
            if status == TOO_MANY[0] and recorded.retry_after:
                self.send_header("retry-after", recorded.retry_after)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        recorded.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield recorded
        finally:
            server.shutdown()
            thread.join()
