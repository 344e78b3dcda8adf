"""The Seller API over real HTTP: each method, each refusal of the contract, and what either leaves in the database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from backhaul.kit.i18n import gettext
from backhaul.kit.money import Money
from backhaul.marketplace import access, queries, texts
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By, open_acts
from backhaul.marketplace.rules.wire_states import ACTION_IDS, GROUPS, look
from backhaul.marketplace.rules.words import CompensationStatus, RefundStatus, Role, Status
from tests.marketplace.cast import (
    ANADOLU,
    CHEN,
    ELIF,
    EXPLAINED,
    IRINA,
    KETTLE,
    LUMITEK,
    MARINA,
    MORNING,
    MUG,
    OLEG,
    THROW,
    Market,
    market,
    moscow,
    served,
)

ROLES, LIST, GET, ACTION = "/v1/roles", "/v2/returns/rfbs/list", "/v2/returns/rfbs/get", "/v1/returns/rfbs/action/set"
VERIFY, REJECT, COMPENSATE, RECEIVE, MONEY = (
    f"/v2/returns/rfbs/{word}" for word in ("verify", "reject", "compensate", "receive-return", "return-money")
)
REPORTS = ["/v2/report/returns/create", "/v1/report/info", "/v1/report/list"]
AROUND = [
    "/v1/returns/list", "/v1/returns/company/fbs/info", "/v1/delivery-method/return/settings/get",
    "/v2/conditional-cancellation/list",
    "/v1/return/giveout/is-enabled", "/v1/return/giveout/list", "/v1/return/giveout/info",
    "/v1/returns/settings/utilization/info", "/v1/returns/settings/utilization/history",
    "/v1/notification/list", "/v1/notification/push-type/list",
]  # fmt: skip
MORE_ACTS = [
    "/v2/conditional-cancellation/approve", "/v2/conditional-cancellation/reject", "/v1/return/giveout/barcode",
    "/v1/return/giveout/get-pdf", "/v1/return/giveout/get-png", "/v1/return/giveout/barcode-reset",
    "/v1/return/pass/create", "/v1/return/pass/update", "/v1/return/pass/delete",
    "/v1/returns/settings/utilization/update",
    *(f"/v1/notification/{word}" for word in ("set", "update", "delete", "check", "enable")),
]  # fmt: skip
ACTS: dict[str, dict[str, Any]] = {
    VERIFY: {},
    REJECT: {"rejection_reason_id": 11, "comment": EXPLAINED},
    COMPENSATE: {"compensation_amount": "500"},
    RECEIVE: {},
    MONEY: {"return_for_back_way": 0},
    ACTION: {"id": 1000},
}
WALKED = [
    Status.SELLER_REVIEW, Status.OFFER_SENT, Status.SELLER_REVIEW_AFTER_OFFER, Status.PARTIALLY_REFUNDED,
    Status.REFUNDED_WITHOUT_RETURN, Status.CANCELLED, Status.APPROVED, Status.REJECTED, Status.DISPUTE,
    Status.AWAITING_DROPOFF, Status.REFUSED_AT_PVZ, Status.ACCEPTED_AT_PVZ, Status.ON_THE_WAY,
    Status.DISPOSING_BY_MARKETPLACE, Status.DISPOSED_BY_MARKETPLACE,
]  # fmt: skip

WRONG_KEY = (404, 5, "Invalid Api-Key, please check the key and try again")
DEACTIVATED = (403, 7, "Api-key is deactivated, use another one or generate a new one")
NO_ROLE = (403, 7, "Api-Key is missing a required role for a method")
NO_HEADERS = (401, 16, "Client-Id and Api-Key headers are required")
NOT_FOUND = (404, 5, "Not Found")


class Shop:
    """One seller's program: a key and the requests it sends. Forty requests a second, by the marketplace's clock."""

    def __init__(self, at: Market, line: httpx2.Client, client_id: int | str, key: str) -> None:
        self.market, self.line, self.key = at, line, key
        self.headers = {"Client-Id": str(client_id), "Api-Key": key}

    def send(self, verb: str, path: str, **more: Any) -> httpx2.Response:
        return self.line.request(verb, path, **{**more, "headers": {**self.headers, **more.get("headers", {})}})

    def post(self, path: str, body: object = None, **more: Any) -> httpx2.Response:
        self.market.clock.turn(timedelta(milliseconds=25))
        if "content" not in more:
            more["json"] = {} if body is None else body
        return self.send("POST", path, **more)

    def gets(self, path: str, body: object = None) -> Any:
        """The body of an answer that must be good."""
        answer = self.post(path, body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()

    def is_refused(self, path: str, body: object = None, **more: Any) -> tuple[int, int, str]:
        """HTTP status, code and message; the body has nothing else."""
        return told(self.post(path, body, **more))

    def ids(self, **request: Any) -> list[int]:
        return [row["return_id"] for row in self.gets(LIST, {"limit": 1000, **request})["returns"]]

    def acts(self, return_id: int) -> list[int]:
        return [act["id"] for act in self.gets(GET, {"return_id": return_id})["returns"]["available_actions"]]


def told(answer: httpx2.Response) -> tuple[int, int, str]:
    body = answer.json()
    assert list(body) == ["code", "message", "details"]
    assert body["details"] == []
    assert len(answer.headers["x-o3-trace-id"]) == 32
    return answer.status_code, body["code"], body["message"]


def invalid(field: str, rule: str) -> tuple[int, int, str]:
    return 400, 3, f"Request validation error: invalid {field}: {rule}"


@pytest.fixture
def bazaar(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def line(bazaar: Market) -> Iterator[httpx2.Client]:
    with served(bazaar) as url, httpx2.Client(base_url=url) as client:
        yield client


@pytest.fixture
def elif_(bazaar: Market, line: httpx2.Client) -> Shop:
    return Shop(bazaar, line, ANADOLU, bazaar.key())


@pytest.fixture
def reader(bazaar: Market, line: httpx2.Client) -> Shop:
    return Shop(bazaar, line, ANADOLU, bazaar.key(name="BI", read_only=True))


@pytest.fixture
def chen(bazaar: Market, line: httpx2.Client) -> Shop:
    return Shop(bazaar, line, LUMITEK, bazaar.key(CHEN))


# Who may come in


def test_a_key_is_told_its_roles_its_methods_and_its_end(elif_: Shop, reader: Shop) -> None:
    answer = elif_.gets(ROLES)
    assert answer["expires_at"] == (MORNING + timedelta(days=180)).isoformat().replace("+00:00", "Z")
    reading = [ROLES, LIST, GET, *REPORTS, *AROUND]
    assert answer["roles"] == [{"name": "Returns", "methods": [*reading, *ACTS, *MORE_ACTS]}]
    assert reader.gets(ROLES)["roles"] == [{"name": "Returns read-only", "methods": reading}]
    assert elif_.send("POST", ROLES).status_code == 200  # no body, no content type
    elif_.headers = {"CLIENT-ID": str(ANADOLU), "api-key": elif_.key}
    assert elif_.send("POST", ROLES).status_code == 200


@pytest.mark.parametrize("path", [ROLES, LIST, GET, *ACTS])
def test_who_has_no_good_key_is_refused_before_anything_else(
    path: str, bazaar: Market, line: httpx2.Client, elif_: Shop
) -> None:
    key = elif_.key
    read_only = bazaar.key(name="old", read_only=True)
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    forged = f"{key[:12]}{'A' if key[12] != 'A' else 'B'}{key[13:]}"
    before = bazaar.dump()
    for body in ({"return_id": return_id, "limit": 1, **ACTS.get(path, {})}, {"return_id": 10**9}, {"return_id": "x"}):
        for client_id, text, expected in [
            (str(LUMITEK), key, WRONG_KEY),
            (str(ANADOLU), "5a0e9d8c-0000-4000-8000-1b2c3d4e5f60", WRONG_KEY),
            (str(ANADOLU), forged, WRONG_KEY),
            (str(LUMITEK), read_only, WRONG_KEY),
            ("0", key, (400, 3, "Client-Id header value should be positive integer")),
            ("seller", key, (400, 3, "Client-Id header value should be positive integer")),
            ("9" * 5000, key, (400, 3, "Client-Id header value should be positive integer")),
            ("", key, NO_HEADERS),
            (str(ANADOLU), "", NO_HEADERS),
        ]:
            assert Shop(bazaar, line, client_id, text).is_refused(path, body) == expected
    assert told(line.post(path, json={})) == NO_HEADERS
    assert bazaar.dump() == before
    with bazaar.office.database.read() as tx:
        codes = {attempt.code for attempt in queries.attempts(tx)}
    assert codes == {"wrong_key"} or (codes == {"wrong_key", "role_read_only"} and path in ACTS)
    elif_.gets(ROLES)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_revoked_and_an_expired_key_are_told_the_same(read_only: bool, bazaar: Market, line: httpx2.Client) -> None:  # noqa: FBT001
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    shop = Shop(bazaar, line, ANADOLU, bazaar.key(read_only=read_only))
    shop.gets(GET, {"return_id": return_id})
    bazaar.revoke(shop.key)
    assert {shop.is_refused(path, {"return_id": return_id, "limit": 1}) for path in [ROLES, LIST, GET]} == {DEACTIVATED}
    assert {shop.is_refused(path, {"return_id": return_id, **more}) for path, more in ACTS.items()} == {DEACTIVATED}
    late = Shop(bazaar, line, ANADOLU, bazaar.key(name="late", read_only=read_only))
    bazaar.clock.turn_to(bazaar.clock.now() + timedelta(days=180))
    assert {late.is_refused(path, {"return_id": return_id, "limit": 1}) for path in [ROLES, LIST, GET]} == {DEACTIVATED}
    assert {late.is_refused(path, {"return_id": return_id, **more}) for path, more in ACTS.items()} == {DEACTIVATED}
    assert bazaar.now_is(return_id).status is Status.SELLER_REVIEW


def test_a_read_only_key_reads_and_changes_no_row(bazaar: Market, reader: Shop) -> None:
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    foreign = bazaar.in_status(Status.SELLER_REVIEW, KETTLE)
    before = bazaar.dump()
    assert reader.ids() == [return_id]
    assert reader.acts(return_id) == []
    for path, more in ACTS.items():
        for body in ({"return_id": return_id, **more}, {"return_id": foreign, **more}, {"return_id": 1, **more}, {}):
            assert reader.is_refused(path, body) == NO_ROLE
    assert bazaar.dump() == before


def test_the_database_itself_refuses_a_read_only_key(
    bazaar: Market, reader: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trusting(role: Role, name: str, subject: str, *, writes: bool) -> By:
        assert not writes
        return By(role, name, subject)

    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    before = bazaar.dump()
    monkeypatch.setattr(access, "By", trusting)
    assert reader.acts(return_id) == [1000, -1, 1020, 1030]  # the law would let it
    for path in (VERIFY, REJECT, COMPENSATE, MONEY, ACTION):
        assert reader.is_refused(path, {"return_id": return_id, **ACTS[path]}) == NO_ROLE
    assert bazaar.dump() == before


@pytest.mark.parametrize("path", [GET, *ACTS])
def test_a_foreign_return_looks_like_none_at_all(path: str, bazaar: Market, elif_: Shop) -> None:
    foreign = bazaar.in_status(Status.SELLER_REVIEW, KETTLE)
    draft = bazaar.draft()
    withdrawn = bazaar.draft()
    bazaar.does(IRINA, withdrawn, do.Cancel())
    answers = []
    for return_id in (foreign, draft, withdrawn, 999_999, 2**63 - 1):
        answer = elif_.post(path, {"return_id": return_id, **ACTS.get(path, {})})
        assert told(answer) == NOT_FOUND
        answers.append((answer.content, {**dict(answer.headers), "x-o3-trace-id": ""}))
    assert answers == [answers[0]] * 5
    assert bazaar.now_is(foreign).status is Status.SELLER_REVIEW


def test_more_than_fifty_requests_in_a_second_are_too_many(
    bazaar: Market, elif_: Shop, chen: Shop, line: httpx2.Client
) -> None:
    def burst(shop: Shop, count: int) -> list[int]:
        return [shop.send("POST", path).status_code for path in [ROLES] * count]

    assert burst(elif_, 50) == [200] * 50
    answer = elif_.send("POST", VERIFY, json={"return_id": 1})
    assert told(answer) == (429, 8, "You have reached request rate limit per second")
    assert (answer.headers["retry-after"], answer.headers["ratelimit-remaining"]) == ("1", "0")
    assert burst(chen, 1) == [200]
    bazaar.clock.turn(timedelta(seconds=1))
    assert burst(elif_, 1) == [200]
    assert burst(Shop(bazaar, line, ANADOLU, "guessed"), 40) == [404] * 40
    assert burst(Shop(bazaar, line, ANADOLU, chen.key), 20) == [404] * 10 + [429] * 10
    assert burst(elif_, 49) == [200] * 49  # a stranger does not use up what belongs to the seller


# What is no request


def test_what_is_no_request_is_answered_in_the_contracts_form(elif_: Shop) -> None:
    json_ = {"content-type": "application/json"}
    assert elif_.is_refused("/v1/returns/rfbs/nothing") == NOT_FOUND
    assert elif_.is_refused("/v2/returns/rfbs/list/more") == NOT_FOUND
    assert elif_.is_refused("/v2") == NOT_FOUND
    for verb in ("GET", "PUT", "PATCH", "DELETE"):
        assert told(elif_.send(verb, LIST)) == (405, 12, "method is not allowed")
        assert told(elif_.send(verb, "/v2/nothing")) == NOT_FOUND
    wrong_type = (415, 4, "Content-Type header should be application/json")
    assert elif_.is_refused(LIST, content=b"limit=1", headers={"content-type": "text/plain"}) == wrong_type
    assert elif_.is_refused(VERIFY, content=b"{}") == wrong_type
    charset = {"content-type": "Application/JSON; charset=utf-8"}
    assert elif_.post(LIST, content=b'{"limit":1}', headers=charset).status_code == 200
    for path in (LIST, GET, *ACTS):
        assert elif_.is_refused(path, content=b"{", headers=json_) == (400, 3, "Invalid request body")
        assert elif_.is_refused(path, content=b"\xff", headers=json_) == (400, 3, "Invalid request body")
        name = elif_.is_refused(path, content=b"", headers=json_)[2].split()[4].split(".")[0]
        assert elif_.is_refused(path, [])[:2] == (400, 3)
        assert elif_.is_refused(path, content=b"null", headers=json_) == invalid(name, "Expected object, got null")
    too_large = b'{"limit":1,"x":"' + b"x" * 1024 * 1024 + b'"}'
    assert elif_.is_refused(LIST, content=too_large, headers=json_) == (413, 3, "Request body is too large")
    assert elif_.is_refused(VERIFY, content=too_large, headers=json_) == (413, 3, "Request body is too large")


def test_a_wrong_field_is_named(elif_: Shop) -> None:
    listing, getting = "ReturnsRfbsListV2Request", "ReturnsRfbsGetV2Request"
    limits = invalid(f"{listing}.Limit", "value must be inside range [1, 1000]")
    assert [elif_.is_refused(LIST, {"limit": limit}) for limit in (0, -1, 1001)] == [limits] * 3
    assert elif_.is_refused(LIST) == invalid(f"{listing}.Limit", "value is required")
    assert elif_.is_refused(GET) == invalid(f"{getting}.ReturnId", "value is required")
    assert elif_.is_refused(GET, {"return_id": None}) == invalid(f"{getting}.ReturnId", "Expected int | str, got null")
    nonsense: list[Any] = [0, -5, 2**63, "x", "", 1.5, True, [], "\u0661"]
    for wrong in nonsense:
        assert elif_.is_refused(GET, {"return_id": wrong})[2].startswith(
            f"Request validation error: invalid {getting}.ReturnId: "
        )
    fields: list[tuple[dict[str, Any], str]] = [
        ({"filter": {"group_state": ["New", "Lost"]}}, "Filter.GroupState"),
        ({"filter": {"group_state": [1]}}, "Filter.GroupState"),
        ({"filter": {"created_at": {"from": "yesterday"}}}, "Filter.CreatedAt.From"),
        ({"filter": {"offer_id": "A\0B"}}, "Filter.OfferId"),
        ({"filter": "New"}, "Filter"),
        ({"last_id": -1}, "LastId"),
    ]
    for wrong, field in fields:
        assert elif_.is_refused(LIST, {"limit": 1, **wrong})[2].startswith(
            f"Request validation error: invalid {listing}.{field}: "
        )


def test_when_the_database_is_away_nobody_is_told_anything_else(bazaar: Market, elif_: Shop) -> None:
    away = (503, 14, "Service is unavailable, please try again later")
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    engine = bazaar.office.database.engine()
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE returns RENAME TO returns_away"))
    assert elif_.is_refused(GET, {"return_id": return_id}) == away
    assert elif_.is_refused(LIST, {"limit": 1}) == away
    assert elif_.is_refused(VERIFY, {"return_id": return_id}) == away
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE returns_away RENAME TO returns"))
    assert elif_.ids() == [return_id]
    bazaar.office.desk.close()
    answer = elif_.post(VERIFY, {"return_id": return_id})
    assert told(answer) == away
    assert answer.headers["retry-after"] == "1"


# The list and one return


def test_a_row_of_the_list_is_as_the_contract_has_it(bazaar: Market, elif_: Shop) -> None:
    return_id = bazaar.in_status(Status.REFUNDED_WITHOUT_RETURN)
    answer = elif_.gets(LIST, {"limit": 1})
    assert answer == {
        "returns": [
            {
                "return_id": return_id,
                "return_number": f"R-{return_id}",
                "client_name": "",
                "created_at": "2024-09-02T07:00:00Z",
                "order_number": "10000001-0001",
                "posting_number": "10000001-0001-1",
                "product": {
                    "name": "Woven throw",
                    "offer_id": "WOVEN-THROW",
                    "sku": THROW.sku,
                    "price": 4585,
                    "currency_code": "TRY",
                },
                "state": {
                    "group_state": "approved",
                    "state": "MoneyReturned",
                    "state_name": gettext("ru", texts.STATUS_LABELS["refunded_without_return"]),
                    "money_return_state_name": gettext("ru", texts.REFUND_LABELS["held"]),
                },
            }
        ]
    }


def test_the_price_is_a_whole_number_rounded_half_up(bazaar: Market, elif_: Shop, chen: Shop) -> None:
    for line, shop, price in [(THROW, elif_, "4585"), (MUG, elif_, "420"), (KETTLE, chen, "388")]:
        return_id = bazaar.in_status(Status.SELLER_REVIEW, line)
        assert f'"price":{price},' in shop.post(GET, {"return_id": return_id}).text


def test_one_return_is_one_object_under_the_plural_key(bazaar: Market, elif_: Shop, line: httpx2.Client) -> None:
    return_id = bazaar.draft(reason="does_not_work", comment="The stitches come loose")
    bazaar.does(IRINA, return_id, do.Submit())
    answer = elif_.gets(GET, {"return_id": str(return_id)})["returns"]
    rejections = answer.pop("rejection_reason")
    assert answer == {
        "return_number": f"R-{return_id}",
        "client_name": "",
        "created_at": "2024-09-02T07:00:00Z",
        "order_number": "10000001-0001",
        "posting_number": "10000001-0001-1",
        "product": {
            "name": "Woven throw",
            "offer_id": "WOVEN-THROW",
            "sku": THROW.sku,
            "price": 4585,
            "currency_code": "TRY",
        },
        "available_actions": [
            {"id": 1000, "name": gettext("ru", "Approve the return")},
            {"id": -1, "name": gettext("ru", "Reject the request")},
            {"id": 1020, "name": gettext("ru", "Offer partial compensation")},
            {"id": 1030, "name": gettext("ru", "Refund without return")},
        ],
        "client_photo": [f"{line.base_url}/photos/{return_id}/{bazaar.photo}"],
        "client_return_method_type": {"id": 1, "name": gettext("ru", "At a pick-up point")},
        "comment": "The stitches come loose",
        "rejection_comment": "",
        "return_method_description": "",
        "return_reason": {"id": 201, "name": gettext("ru", texts.REASON_LABELS["does_not_work"]), "is_defect": True},
        "ru_post_tracking_number": "",
        "state": {"state": "OnSellerApproval", "state_name": gettext("ru", "Waiting for the seller")},
        "warehouse_id": 0,
    }
    assert [reason["id"] for reason in rejections] == list(range(11, 19))
    assert rejections[0] == {
        "id": 11,
        "name": gettext("ru", texts.REJECTION_LABELS["looks_used"]),
        "hint": gettext("ru", texts.REJECTION_HINT),
        "is_comment_required": True,
    }


def test_states_and_actions_are_those_of_the_one_table(bazaar: Market, elif_: Shop) -> None:
    ids = {status: bazaar.in_status(status) for status in WALKED}
    rows = {row["return_id"]: row["state"] for row in elif_.gets(LIST, {"limit": 1000})["returns"]}
    assert list(rows) == list(ids.values())
    for status, return_id in ids.items():
        it = bazaar.now_is(return_id)
        shown = rows[return_id]
        assert (it.status, shown["state"], shown["group_state"]) == (status, look(it).state, look(it).group)
        allowed = open_acts(it, ELIF, bazaar.clock.now(), bazaar.office.house.terms)
        assert elif_.acts(return_id) == [ACTION_IDS[act] for act in allowed if act in ACTION_IDS]
    by_group = {group: [n for n, state in rows.items() if state["group_state"] == group] for group in ("All", *GROUPS)}
    by_group["All"] = list(rows)
    for group, expected in by_group.items():
        for spelled in (group, group.upper(), group.lower(), group.capitalize()):
            assert elif_.ids(filter={"group_state": [spelled]}) == expected
    both = sorted(by_group["new"] + by_group["approved"])
    assert elif_.ids(filter={"group_state": ["New", "Approved", "NEW"]}) == both
    assert elif_.ids(filter={"group_state": ["new", "all"]}) == list(rows)
    assert elif_.ids(filter={"group_state": []}) == list(rows)
    assert (
        elif_.gets(LIST, {"limit": 2, "filter": {"group_state": ["approved", "new"]}})["returns"][1]["return_id"]
        == both[1]
    )


def test_pages_go_up_by_return_id_and_miss_nothing(bazaar: Market, elif_: Shop) -> None:
    sent = []
    for n in range(11):
        if n % 2:
            sent.append(bazaar.in_status(Status.SELLER_REVIEW))
        elif n % 4:
            bazaar.draft()
        else:
            bazaar.does(IRINA, bazaar.draft(), do.Cancel())
    bazaar.in_status(Status.SELLER_REVIEW, KETTLE)
    for limit in (1, 2, 3, 5, 1000):
        for start in (0, None, "0"):
            seen: list[int] = []
            page: list[int] = elif_.ids(limit=limit, last_id=start)
            while page:
                seen += page
                if len(page) < limit:
                    break
                page = elif_.ids(limit=limit, last_id=page[-1])
            assert seen == sent
    assert elif_.ids(last_id=str(sent[2])) == sent[3:]
    assert elif_.ids(last_id=2**63 - 1) == []


def test_filters_by_posting_article_and_day(bazaar: Market, elif_: Shop) -> None:
    first = bazaar.in_status(Status.SELLER_REVIEW, THROW)
    bazaar.clock.turn_to(moscow("2024-09-03 10:00"))
    second = bazaar.in_status(Status.SELLER_REVIEW, MUG)
    assert elif_.ids(filter={"posting_number": MUG.posting_number}) == [second]
    assert elif_.ids(filter={"offer_id": "WOVEN-THROW"}) == [first]
    assert elif_.ids(filter={"offer_id": "WOVEN-THROW", "posting_number": MUG.posting_number}) == []
    assert elif_.ids(filter={"offer_id": "MUG", "posting_number": MUG.posting_number, "group_state": ["New"]}) == [
        second
    ]
    assert elif_.ids(filter={"posting_number": "", "offer_id": ""}) == [first, second]
    asked: list[tuple[dict[str, Any], list[int]]] = [
        ({"from": "2024-09-03T07:00:00Z"}, [second]),
        ({"from": "2024-09-03T10:00:00.000000+03:00", "to": None}, [second]),
        ({"to": "2024-09-02T07:00:00.000Z"}, [first]),  # both ends belong to it
        ({"to": "2024-09-02T06:59:59.999999Z"}, []),
        ({"from": "2024-09-02T07:00:00", "to": "2024-09-03T07:00:00"}, [first, second]),
        ({"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}, [first, second]),
        ({"from_": "2024-09-03T07:00:00Z"}, [first, second]),  # a known client's mistake
    ]
    for period, expected in asked:
        assert elif_.ids(filter={"created_at": period}) == expected


def test_nulls_and_unknown_fields_do_not_matter(bazaar: Market, elif_: Shop) -> None:
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    odd = {"state": ["x"], "offset": 3, "with": {"counter": True}}
    nothing = {"offer_id": None, "posting_number": None, "group_state": None, "created_at": None, **odd}
    assert elif_.ids(filter=None, last_id=None, **odd) == [return_id]
    assert elif_.ids(filter=nothing) == [return_id]
    assert elif_.ids(filter={"created_at": {"from": None, "to": None, **odd}}) == [return_id]
    assert elif_.gets(GET, {"return_id": return_id, **odd})["returns"]["return_number"] == f"R-{return_id}"
    empty = dict.fromkeys(
        ("comment", "rejection_reason_id", "compensation_amount", "return_for_back_way", "return_method_description")
    )
    for path, more in ACTS.items():
        fresh = bazaar.delivered_by_partner() if path == RECEIVE else bazaar.in_status(Status.SELLER_REVIEW)
        body: dict[str, Any] = {**empty, **odd, **more, "return_id": fresh}
        if path == MONEY:
            body["return_for_back_way"] = None
        if path != RECEIVE:
            assert elif_.gets(path, body) == {}
        else:
            assert elif_.is_refused(path, body) == NOT_FOUND  # it is another seller's


# Decisions


@pytest.mark.parametrize("by_id", [False, True])
def test_every_decision_changes_the_return(by_id: bool, bazaar: Market, elif_: Shop, chen: Shop) -> None:  # noqa: FBT001
    def decide(shop: Shop, number: int, path: str, return_id: int, **more: object) -> None:
        before = bazaar.now_is(return_id).version
        body = {"return_id": return_id, **more}
        answer = shop.post(ACTION, {**body, "id": number}) if by_id else shop.post(path, body)
        assert (answer.status_code, answer.content) == (200, b"{}")
        assert answer.headers["content-type"] == "application/json"
        with bazaar.office.database.read() as tx:
            history = queries.history(tx, return_id)[before:]
            rows = tx.rows(bazaar.office.house.journal.history, case_id=return_id)[before:]
            assert queries.replay(tx, return_id) == (bazaar.now_is(return_id), True)
        assert {(line.role, line.actor) for line in history} == {("seller", f"key:{public_id(shop)}")}
        assert {row[8] for row in rows} == {answer.headers["x-o3-trace-id"]}

    def public_id(shop: Shop) -> str:
        return shop.key.split("_")[2]

    approved, rejected, offered, refunded = (bazaar.in_status(Status.SELLER_REVIEW) for _ in range(4))
    decide(elif_, 1000, VERIFY, approved, return_method_description="by courier")
    decide(elif_, -1, REJECT, rejected, rejection_reason_id=17, comment=EXPLAINED)
    decide(elif_, 1020, COMPENSATE, offered, compensation_amount=750.0 if by_id else "750")
    decide(elif_, 1030, MONEY, refunded, return_for_back_way=-3.5 if by_id else 0)
    delivered = bazaar.delivered_by_partner()
    decide(chen, 1040, RECEIVE, delivered)

    assert bazaar.now_is(approved).status is Status.APPROVED
    it = bazaar.now_is(rejected)
    assert (it.status, it.rejection_reason, it.rejection_comment) == (Status.REJECTED, "other_product", EXPLAINED)
    assert elif_.gets(GET, {"return_id": rejected})["returns"]["rejection_comment"] == EXPLAINED
    it = bazaar.now_is(offered)
    assert (it.status, it.offers) == (Status.OFFER_SENT, (Money(750_00),))
    it = bazaar.now_is(refunded)
    assert (it.status, it.refund.status, it.refund.amount) == (
        Status.REFUNDED_WITHOUT_RETURN, RefundStatus.HELD, Money(12_400_00)
    )  # fmt: skip
    it = bazaar.now_is(delivered)
    assert it.parcel is not None
    assert it.parcel.received
    assert look(it).state == "ReceivedBySeller"


def test_an_act_that_the_state_forbids_names_those_that_are_open(bazaar: Market, elif_: Shop, chen: Shop) -> None:
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    open_now = (
        "1000 (Approve the return), -1 (Reject the request), 1020 (Offer partial compensation), "
        "1030 (Refund without return)"
    )
    forbidden = (409, 9, f"Action is not available in state OnSellerApproval. Available actions: {open_now}")
    assert elif_.is_refused(RECEIVE, {"return_id": return_id}) == forbidden
    assert elif_.is_refused(ACTION, {"return_id": return_id, "id": -10, "comment": EXPLAINED}) == forbidden
    elif_.gets(VERIFY, {"return_id": return_id})
    before = bazaar.dump()
    closed = (409, 9, "Action is not available in state Approved. Available actions: none")
    for path, more in ACTS.items():
        assert elif_.is_refused(path, {"return_id": return_id, **more}) == closed
    assert bazaar.dump() == before
    arrived = bazaar.in_status(Status.AT_PARTNER)
    status, code, message = chen.is_refused(RECEIVE, {"return_id": arrived})  # the partner has not delivered it yet
    assert (status, code) == (409, 9)
    assert message.endswith("Available actions: none")
    numbers = "value must be in list [-10, -1, 1000, 1020, 1030, 1040]"
    wrong_id = invalid("ReturnsRfbsActionSetRequest.Id", numbers)
    assert elif_.is_refused(ACTION, {"return_id": return_id, "id": 7}) == wrong_id
    assert elif_.is_refused(ACTION, {"return_id": return_id})[2].endswith(".Id: value is required")


def test_too_late_and_too_often_are_conflicts_too(bazaar: Market, elif_: Shop) -> None:
    late = bazaar.in_status(Status.SELLER_REVIEW)
    offered = bazaar.in_status(Status.SELLER_REVIEW_AFTER_OFFER)
    elif_.gets(COMPENSATE, {"return_id": offered, "compensation_amount": 900})
    bazaar.does(IRINA, offered, do.DeclineOffer())
    status, code, message = elif_.is_refused(COMPENSATE, {"return_id": offered, "compensation_amount": 901})
    assert (status, code) == (409, 9)
    assert message.endswith("Available actions: 1000 (Approve the return), 1030 (Refund without return)")
    bazaar.clock.turn_to(moscow("2024-09-06 00:00"))
    status, code, message = elif_.is_refused(REJECT, {"return_id": late, **ACTS[REJECT]})
    assert (status, code) == (409, 9)
    assert message.endswith("Available actions: none")
    lawless = bazaar.in_status(Status.SELLER_REVIEW)
    body = {"return_id": lawless, "rejection_reason_id": 13, "comment": EXPLAINED}
    assert elif_.is_refused(REJECT, body)[:2] == (409, 9)
    assert bazaar.now_is(lawless).status is Status.SELLER_REVIEW


@pytest.mark.parametrize("by_id", [False, True])
def test_only_whole_roubles_are_offered(by_id: bool, bazaar: Market, elif_: Shop) -> None:  # noqa: FBT001
    name = "ReturnsRfbsActionSetRequest" if by_id else "ReturnsRfbsCompensateV2Request"
    path: str = ACTION if by_id else COMPENSATE
    more: dict[str, Any] = {"id": 1020} if by_id else {}
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    whole = invalid(f"{name}.CompensationAmount", "value must be a whole number of roubles greater than 0")
    for wrong in (0, -1, 100.5, "100.50", "0", "-5", "", "abc", "1e3", "١٠٠", 0.1, "1-2"):
        assert elif_.is_refused(path, {"return_id": return_id, "compensation_amount": wrong, **more}) == whole
    for wrong in (12_400, "12400", 10**9, 1e300):
        assert elif_.is_refused(path, {"return_id": return_id, "compensation_amount": wrong, **more}) == invalid(
            f"{name}.CompensationAmount", "The offer must be from 1 to 12399 roubles."
        )
    missing = invalid(f"{name}.CompensationAmount", "value is required")
    assert elif_.is_refused(path, {"return_id": return_id, **more}) == missing
    assert bazaar.now_is(return_id).status is Status.SELLER_REVIEW
    for good in (1, "1", 12_399.0, "12399.00", " 12399 "):
        fresh = bazaar.in_status(Status.SELLER_REVIEW)
        assert elif_.gets(path, {"return_id": fresh, "compensation_amount": good, **more}) == {}
        assert bazaar.now_is(fresh).offers == (Money(int(float(good)) * 100),)


@pytest.mark.parametrize("by_id", [False, True])
def test_a_rejection_needs_a_known_reason_and_an_explanation(by_id: bool, bazaar: Market, elif_: Shop) -> None:  # noqa: FBT001
    name = "ReturnsRfbsActionSetRequest" if by_id else "ReturnsRfbsRejectV2Request"
    path: str = ACTION if by_id else REJECT
    more: dict[str, Any] = {"id": -1} if by_id else {}
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    body = {"return_id": return_id, **more}
    assert elif_.is_refused(path, {**body, "comment": EXPLAINED}) == invalid(
        f"{name}.RejectionReasonId", "value is required"
    )
    assert elif_.is_refused(path, {**body, "comment": EXPLAINED, "rejection_reason_id": 999}) == invalid(
        f"{name}.RejectionReasonId", "value must be in list [11, 12, 13, 14, 15, 16, 17, 18]"
    )
    short = invalid(f"{name}.Comment", "Explain in at least 30 characters.")
    for comment in (None, "", "no", " " * 50):
        assert elif_.is_refused(path, {**body, "rejection_reason_id": 11, "comment": comment}) == short
    long = {**body, "rejection_reason_id": 11, "comment": "x" * 2001}
    assert elif_.is_refused(path, long) == invalid(f"{name}.Comment", "Expected str of length <= 2000")
    assert bazaar.now_is(return_id).status is Status.SELLER_REVIEW


def test_paying_for_the_way_back_is_refused_and_not_forgotten(bazaar: Market, elif_: Shop) -> None:
    ways: list[tuple[str, dict[str, Any], str]] = [
        (MONEY, {}, "ReturnsRfbsReturnMoneyV2Request"),
        (ACTION, {"id": 1030}, "ReturnsRfbsActionSetRequest"),
        (ACTION, {"id": 1000}, "ReturnsRfbsActionSetRequest"),
    ]
    for path, more, name in ways:
        for good in (0, 0.0, -1, -0.5, None):
            fresh = bazaar.in_status(Status.SELLER_REVIEW)
            assert elif_.gets(path, {"return_id": fresh, "return_for_back_way": good, **more}) == {}
        return_id = bazaar.in_status(Status.SELLER_REVIEW)
        for paid in (1, 0.01):
            assert elif_.is_refused(path, {"return_id": return_id, "return_for_back_way": paid, **more}) == invalid(
                f"{name}.ReturnForBackWay", "value must be 0: paying for the way back is not possible yet"
            )
        assert bazaar.now_is(return_id).status is Status.SELLER_REVIEW


def test_j3_a_declined_offer_ends_in_disposal_with_compensation(bazaar: Market, elif_: Shop) -> None:
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    bazaar.clock.turn_to(moscow("2024-09-03 11:00"))
    assert elif_.acts(return_id) == [1000, -1, 1020, 1030]
    elif_.gets(COMPENSATE, {"return_id": return_id, "compensation_amount": "2000"})
    shown = elif_.gets(GET, {"return_id": return_id})["returns"]
    assert (shown["state"]["state"], shown["available_actions"]) == ("OfferedPartialCompensation", [])
    bazaar.does(IRINA, return_id, do.DeclineOffer(), "2024-09-04 09:00")
    assert elif_.ids(filter={"group_state": ["New"]}) == [return_id]
    assert elif_.acts(return_id) == [1000, 1020, 1030]
    elif_.gets(ACTION, {"return_id": return_id, "id": 1000})
    photos = (bazaar.photo, bazaar.photo)
    check = do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos)
    bazaar.does(OLEG, return_id, check, "2024-09-06 15:00")
    assert elif_.ids(filter={"group_state": ["Delivering"]}) == [return_id]
    bazaar.clock.turn_to(moscow("2024-09-07 12:00"))
    assert bazaar.office.desk.sweep() == 1
    row = elif_.gets(LIST, {"limit": 1})["returns"][0]
    assert row["state"]["money_return_state_name"] == gettext("ru", texts.REFUND_LABELS["sent"])
    it = bazaar.now_is(return_id)
    assert it.compensation.quote is not None
    assert (it.compensation.status, it.compensation.quote.amount) == (CompensationStatus.ACCRUED, Money(3_720_00))
    bazaar.does(OLEG, return_id, do.Dispatch("Linehaul", "W-1"))
    bazaar.does(OLEG, return_id, do.ReceiveForDisposal(), "2024-09-12 10:00")
    assert elif_.ids(filter={"group_state": ["utilization"]}) == [return_id]
    bazaar.clock.turn_to(moscow("2024-09-13 02:00"))
    bazaar.office.desk.sweep()
    bazaar.does(OLEG, return_id, do.CertifyDisposal("shredding", "M. Orlova", photos), "2024-09-16 12:00")
    assert elif_.gets(GET, {"return_id": return_id})["returns"]["state"]["state"] == "UtilizedByOzon"
    entries = {entry.cause.partition(":")[0]: entry.amount for entry in bazaar.entries(return_id)}
    assert entries == {
        "refund_owed": Money(12_400_00),
        "refund": Money(12_400_00),
        "compensation_accrual": Money(3_720_00),
        "compensation": Money(3_720_00),
    }
    bazaar.does(MARINA, return_id, do.ConfirmRefund())
    row = elif_.gets(LIST, {"limit": 1})["returns"][0]
    assert row["state"]["money_return_state_name"] == gettext("ru", texts.REFUND_LABELS["confirmed"])


def test_two_decisions_at_once_leave_one(bazaar: Market, elif_: Shop) -> None:
    for _ in range(5):
        return_id = bazaar.in_status(Status.SELLER_REVIEW)
        with ThreadPoolExecutor(2) as pool:
            sent = [pool.submit(elif_.send, "POST", path, json={"return_id": return_id}) for path in (VERIFY, MONEY)]
            assert sorted(answer.result().status_code for answer in sent) == [200, 409]
        with bazaar.office.database.read() as tx:
            kinds = [line.kind for line in queries.history(tx, return_id)]
        assert (kinds.count("Approved"), kinds.count("RefundedWithoutReturn")) in {(1, 0), (0, 1)}
        bazaar.clock.turn(timedelta(seconds=1))
