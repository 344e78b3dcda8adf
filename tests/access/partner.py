"""The partner's principals, and what is asked of them at each of its doors. Everything asked for is Lumitek's (`chen`)."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec

from backhaul.kit import egress, keys
from backhaul.partner import consignment_errands, errands
from backhaul.partner.doors import SESSION_COOKIE
from backhaul.partner.shapes import Signed
from tests import webs
from tests.access.asking import SIGN_IN, Places, Principal, Question, principal
from tests.doors import doors
from tests.partner import test_api_v1_access as bodies
from tests.partner.cast import LUMITEK, RUSLAN
from tests.partner.house import CHEN, ELIF, ID, LIU, STRANGER, VIEWER, House, picture

LOGINS = {"chen": CHEN, "liu": LIU, "viewer": VIEWER, "elif": ELIF, "stranger": STRANGER, "ruslan": "ruslan", "vera": "vera", "sonia": "sonia"}  # fmt: skip
COLUMNS = ("nobody", *LOGINS, "key", "reading", "another's", "revoked")
LAST = ("/authorizations/{platform}/{seller_id}", "/remove", "/account/password", "/sessions/current", "/sign-out")
HERE = {"url": "http://127.0.0.1:9999/in", "name": "ERP"}
ACTS = "/parcels/{case_id}"
QUERIES = {"/api/v1/search": "?q=R-1", "/api/v1/parcels/lookup": "?code=R-1"}
FORMS: dict[str, Any] = {
    "/sign-in": SIGN_IN,
    "/webhooks": HERE, "/webhooks/{webhook_id}": HERE, "/webhooks/{webhook_id}/act": {"what": "ping"},
    "/webhooks/{webhook_id}/redeliver": {"since": "2024-09-01", "until": "2024-09-02"},
    "/api/v1/webhooks": HERE, "/api/v1/webhooks/{webhook_id}": HERE,
}  # fmt: skip
OF_ACTS: dict[str, dict[str, Any]] = {
    f"{ACTS}/mark": {"mark": "serviceable"}, f"{ACTS}/arrive": {"warehouse": "MSK-2", "weight": "0.35"},
    f"{ACTS}/check-gate": {"label_matches": "yes", "item_code": "700100", "weight": "0.35"},
    f"{ACTS}/destroy": {"method": "shredding", "witness": "M. Orlova"}, f"{ACTS}/{{word}}": {"decision": "dispose"},
    f"{ACTS}/deliver-media": {},
}  # fmt: skip
IN_PATHS = {f"{ACTS}/{{word}}": "decide", "/consignments/{consignment_id}/{word}": "close-consignment", "/receiving/orphans/{orphan_id}/{word}": "move"}  # fmt: skip


def _bodies() -> dict[tuple[str, str], Any]:
    acts = {**bodies.OF_THE_WAREHOUSE, **bodies.OF_SELLERS}
    return {
        **{("POST", f"{bodies.PARCEL}/{word}"): body for word, (_, body) in acts.items()},
        **{door: body for door, (_, body) in bodies.ELSEWHERE.items()},
        ("POST", "/api/v1/decisions"): {"items": [{"parcel_id": ID, "decision": "dispose"}]},
        ("POST", "/api/v1/decisions/preview"): {"items": [{"parcel_id": ID, "decision": "dispose"}]},
    }  # fmt: skip


def questions(house: House, places: dict[str, object]) -> list[Question]:
    """One for every door, with what its places name."""
    given, found = _bodies(), []
    for verb, path in sorted(doors(webs.partner(house.office), "/"), key=lambda door: (door[1], door[0])):
        body = given.get((verb, path))
        if path in OF_ACTS:
            body = {**OF_ACTS[path], "seen": lambda: house.it().version}
        named = {**places, "word": IN_PATHS.get(path, "decide")}
        if path.endswith("/arrive"):
            named |= {"parcel_id": bodies.COMING, "case_id": bodies.COMING}
        found.append(Question((verb, path), Places(named), FORMS.get(path, body), QUERIES.get(path, "")))
    return sorted(found, key=lambda one: (not one.reads, next((n for n, end in enumerate(LAST, 1) if one.door[1].endswith(end)), 0)))  # fmt: skip


@contextmanager
def principals(house: House) -> Iterator[tuple[dict[str, Principal], dict[str, object]]]:
    """Everybody, and the things that they are asked about."""
    house.expects()
    house.expects(return_id=bodies.COMING, return_number=f"R-{bodies.COMING}")
    house.arrives()
    to, terms = consignment_errands.NewConsignment(house.hong_kong), house.office.house.terms
    house.errand(lambda tx, at: consignment_errands.begin(tx, to, terms, Signed(RUSLAN, at)))
    texts = {"key": house.key(CHEN, read_only=False), "reading": house.key(CHEN, read_only=True),
             "another's": house.key(ELIF, read_only=False), "revoked": house.key(CHEN, read_only=False)}  # fmt: skip
    chen, revoked = house.account(CHEN), keys.public_id_of(texts["revoked"]) or ""
    house.errand(lambda tx, at: errands.revoke_key(tx, chen, revoked, at))
    with ExitStack() as clients:
        who = {}
        for name in COLUMNS:
            token = ""
            if name in LOGINS:
                token, account = keys.session_token(house.office.chance), house.account(LOGINS[name])
                house.errand(lambda tx, at, a=account, t=token: errands.sign_in(tx, a, t, at))
            signed = {"authorization": f"Bearer {texts[name]}"} if name in texts else {}
            who[name] = principal(name, house.url, SESSION_COOKIE, session=token, headers=signed)
            clients.callback(who[name].client.close)
        places = _things(house, who)
        yield who, places


def _things(house: House, who: dict[str, Principal]) -> dict[str, object]:
    vera, chen = who["vera"].client, who["chen"].client
    photo = vera.post("/api/v1/photos", content=picture("teal")).json()["id"]
    vera.post(f"/api/v1/parcels/{ID}/queue-inspection", json={"reason": "by hand"})
    mark = {"mark": "partially_damaged", "defect": "Scratch", "photos": [photo]}
    marked = vera.post(f"/api/v1/parcels/{ID}/mark", json=mark)
    assert marked.status_code == 200, marked.text
    ruslan = who["ruslan"].client
    found = ruslan.post("/api/v1/photos", content=picture("navy")).json()["id"]
    usual = {"warehouse": "MSK-2", "weight_gram": 350, "shelf": "U-1", "photos": [found], "note": "A small usb thing"}
    orphan = ruslan.post("/api/v1/orphans", json=usual).json()
    rule = chen.post("/api/v1/standing-rules", json={"seller_id": LUMITEK, "below_rub": 1500}).json()
    way = house.office.webhooks.way
    house.office.webhooks.way = msgspec.structs.replace(way, inside=egress.networks("127.0.0.1"))
    hook = chen.post("/api/v1/webhooks", json=HERE).json()["id"]
    ping = chen.post(f"/api/v1/webhooks/{hook}/ping").json()["event_id"]
    return {
        "parcel_id": ID, "case_id": ID, "blob_id": photo, "orphan_id": orphan["orphan_id"], "consignment_id": bodies.CONSIGNED,
        "destination_id": house.hong_kong, "public_id": keys.public_id_of(house.key(CHEN, read_only=False)), "seller_id": LUMITEK,
        "rule_id": rule["id"], "name": "sent", "version": "1", "number": "1", "platform": "marketplace", "kind": "csv",
        "path": "openapi.json", "dispute_id": 1, "webhook_id": hook, "event_id": ping,
    }  # fmt: skip
