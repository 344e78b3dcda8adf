"""The marketplace's principals, and what is asked of them at each of its doors. Everything asked for is Anadolu's (`elif`) and Irina's."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from backhaul.kit import keys
from backhaul.marketplace import errands, key_errands, tables
from backhaul.marketplace.doors import SESSION_COOKIE
from backhaul.marketplace.rules.words import Role
from tests import webs
from tests.access.asking import SIGN_IN, Places, Principal, Question, principal
from tests.doors import doors
from tests.marketplace import test_api_v1_access as by_thing
from tests.marketplace import test_api_v1_reads_only as bodies
from tests.marketplace.cast import ANADOLU, CHEN, ELIF, EXPLAINED, LUMITEK, OLEG, Market, _owner, served
from tests.marketplace.people import LOGINS, account, session

SORTING = "MSK-SORT"
COLUMNS = ("nobody", "irina", "pavel", "elif", "umut", "aysel", "chen", "oleg", "rita", "nadia", "marina",
           "key", "reading", "another's", "revoked", "network")  # fmt: skip
# What a page or act is asked about where it is not a return that waits for its drop-off, or a block.
ABOUT = {
    "/returns/{return_id}/certificate": "destroyed", "/returns/{return_id}/certificate.pdf": "destroyed",
    "/returns/{return_id}/claim.zip": "damaged", "/blocks/{block_id}/photos/{blob_id}": "appeal",
    "/blocks/{block_id}/videos/{blob_id}": "filmed appeal", "/blocks/{block_id}/videos/{blob_id}/poster": "filmed appeal",
    "/videos/{return_id}/{blob_id}": "filmed", "/videos/{return_id}/{blob_id}/poster": "filmed",
}  # fmt: skip
FIRST = ("waiting", "block", "report", "job", "break", "webhook", "policy", "payout file", "bank statement", "template", "seller", "queue", "catalogue")  # fmt: skip
# What sessions do not outlive is asked last.
LAST = ("/remove", "/account/password", "/sessions/current", "/sign-out")
# Without these the question is not understood, whoever asks it.
QUERIES = {
    "/api/v1/counter/codes": "?code=R-1", "/api/v1/counter/handover.pdf": "?carrier=L&return_ids=1&day=2024-09-24", "/api/v1/returns/bulk": "?act=approve",
    "/api/v1/search": "?q=R-1",
}  # fmt: skip
WORDS, HERE = {"comment": EXPLAINED}, {"url": "http://127.0.0.1:9999/in", "name": "ERP"}
SPAN = {"first_day": "2024-09-01", "last_day": "2024-09-30"}
ACTS = "/returns/{case_id}"
FORMS: dict[str, dict[str, Any]] = {
    "/sign-in": SIGN_IN,
    "/settings": {"what": "route", "default_route": "A"}, "/settings/users/{number}/rights": {"rights": "analyst"},
    "/webhooks": HERE, "/webhooks/{webhook_id}": HERE, "/webhooks/{webhook_id}/act": {"what": "ping"}, "/webhooks/{webhook_id}/redeliver": {"since": "2024-09-01", "until": "2024-09-02"}, "/my-block/appeal": WORDS,
    "/blocks/{block_id}/{word}": WORDS, "/reconciliation/breaks/{break_id}/{word}": WORDS,
    f"{ACTS}/{{word}}": {}, f"{ACTS}/add-photos": {}, f"{ACTS}/send-photos": {}, f"{ACTS}/receive-for-disposal": {},
    f"{ACTS}/check-in": {"same_product": "yes", "used": "no", "point_id": OLEG.subject},
    f"{ACTS}/certify-disposal": {"method": "shredding", "witness": "M. Orlova"}, f"{ACTS}/record-carrier-answer": {"accepts": "yes"},
    "/returns/{return_id}/messages": {"text": "We looked into it."},
    "/api/v1/webhooks": HERE, "/api/v1/webhooks/{webhook_id}": HERE, "/api/v1/jobs/breaks": {}, "/api/v1/jobs/statement": SPAN,
    "/api/v1/returns-reports": SPAN,
}  # fmt: skip
OF_SELLER_API: dict[str, dict[str, Any]] = {
    "/v2/returns/rfbs/reject": {**WORDS, "rejection_reason_id": 11}, "/v2/returns/rfbs/compensate": {"compensation_amount": "10"},
    "/v1/returns/rfbs/action/set": {"id": 1000},
}  # fmt: skip
IN_PATHS = {"/blocks/{block_id}/{word}": "lift", "/reconciliation/breaks/{break_id}/{word}": "explain"}


def _bodies() -> dict[tuple[str, str], Any]:
    return {
        **{door: body for door, (_, _, body) in bodies.REFUSED.items()}, **bodies.PERSONAL,
        **{door: {**body, "items": []} for door, body in bodies.ITEM_BY_ITEM.items()},
    }  # fmt: skip


def _is_ours(verb: str, path: str, paths: set[str]) -> bool:
    """The Seller API answers every verb of every path by itself: its methods are the whole paths, by POST."""
    if not path.startswith(("/v1", "/v2")):
        return True
    return (
        verb == "POST"
        and "{rest}" not in path
        and all(one.endswith("{rest}") for one in paths if one.startswith(f"{path}/"))
    )


def questions(shop: Market, places: dict[str, dict[str, object]]) -> list[Question]:
    """One for every door, with what its places name."""
    common: dict[str, object] = {
        "line_id": 1, "login": "oleg", "name": "return-reasons", "place": 1, "word": "approve", "token": "0" * 40,
        "slug": "customers", "kind": "csv", "format": "csv", "code": "refund_sent", "path": "openapi.json", "gdti": "46",
        "seller_id": ANADOLU, "date": "2024-09-01", "version": "1",
    }  # fmt: skip
    for name in reversed(FIRST):
        common |= places[name]
    common["case_id"] = common["return_id"]
    given = _bodies()
    of_path = dict(reversed(list(by_thing.TABLE)))
    found = []
    every = sorted(doors(webs.marketplace(shop.office), "/"), key=lambda door: (door[1], door[0]))
    paths = {path for _, path in every}
    for verb, path in every:
        if not _is_ours(verb, path, paths):
            continue
        named = {**common, **places.get(ABOUT.get(path) or of_path.get(path, ""), {})}
        body = given.get((verb, path), {} if path.startswith("/v") and verb == "POST" else None)
        if path.startswith(("/v1/", "/v2/")):
            body = {"return_id": places["waiting"]["return_id"], **OF_SELLER_API.get(path, {})}
        if path.startswith(ACTS):
            body = {**FORMS[path], "seen": lambda: shop.now_is(int(str(common["return_id"]))).version}
        named |= {"word": IN_PATHS.get(path, "approve")}
        found.append(
            Question(
                (verb, path),
                Places(named),
                body if path.startswith(ACTS) else FORMS.get(path, body),
                QUERIES.get(path, ""),
            )
        )
    return sorted(
        found,
        key=lambda one: (not one.reads, next((n for n, end in enumerate(LAST, 1) if one.door[1].endswith(end)), 0)),
    )


@contextmanager
def principals(shop: Market) -> Iterator[tuple[dict[str, Principal], dict[str, dict[str, object]]]]:
    """Everybody, and the things that they are asked about."""
    shop.errand(lambda tx, _: errands.add_point(tx, SORTING, "sorting", "Moscow, sorting point"))
    shop.errand(lambda tx, _: errands.add_account(tx, "rita", "", Role.CLERK, SORTING, "Rita", "en", owner=False))
    shop.errand(lambda tx, _: errands.add_account(tx, "bora", "", Role.SELLER, str(ANADOLU), "Bora", "en", owner=False))
    with shop.office.database.engine().begin() as connection:  # passwords that fit nothing, and can be tried
        connection.execute(tables.accounts.update().values(password=keys.hash_password("correct horse battery")))
    with shop.office.database.read() as tx:
        bora = account(tx, "bora").id
    texts = {"key": shop.key(ELIF), "reading": shop.key(ELIF, "BI", read_only=True), "another's": shop.key(CHEN)}
    texts["revoked"], texts["network"] = shop.key(ELIF, "Old"), shop.key(ELIF, "Net")
    shop.revoke(texts["revoked"])
    public_id, owner = keys.public_id_of(texts["network"]) or "", _owner(ELIF)
    shop.errand(lambda tx, _: key_errands.allow_networks(tx, owner, public_id, "192.0.2.0/24"))
    sellers = {name: LUMITEK if name == "another's" else ANADOLU for name in texts}
    with served(shop) as url, ExitStack() as clients:
        who = {}
        for name in COLUMNS:
            key = texts.get(name)
            signed = {"authorization": f"Bearer {key}", "client-id": str(sellers[name]), "api-key": key} if key else {}
            token = session(shop, name) if name in {*LOGINS, "rita"} else ""
            who[name] = principal(name, url, SESSION_COOKIE, session=token, headers=signed)
            clients.callback(who[name].client.close)
        named = by_thing.things(shop)
        named["report"] = by_thing.report(shop, who["key"].client)
        named["job"] = by_thing.job(shop, who["key"].client)
        named["break"] = by_thing.doubtful(who["key"].client)
        named["webhook"] = by_thing.webhook(shop, who["elif"].client)
        named["policy"] |= {"public_id": keys.public_id_of(shop.key(ELIF, "Spare")), "number": bora}
        yield who, named
