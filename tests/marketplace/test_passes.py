"""Drop-off passes and what a counter's field understands; certificates on paper; the counter through API v1."""

import functools
import io
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typst
import zxingcpp
from msgspec.structs import replace
from PIL import Image

from backhaul.kit import keys
from backhaul.kit.blobs import Blob
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import errands, papers, passes, queries, tables
from backhaul.marketplace.links import Links
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Role, Status, WitnessRole
from tests.marketplace.cast import ELIF, IRINA, KETTLE, MARINA, OLEG, Market, market, moscow, served

PAVEL = By(Role.CUSTOMER, "pavel", "C-1002")
RAVIL = By(Role.CLERK, "ravil", "SORT-1", point_kind="sorting", name="Ravil")
PASSWORD = "correct horse battery"
HASHED = keys.hash_password(PASSWORD)


def let_in(tx: Tx, _: datetime) -> None:
    errands.add_point(tx, "78-0031", "pickup", "Saint Petersburg, Nevsky 71")
    errands.add_point(tx, RAVIL.subject, "sorting", "Khimki, Sorting point 1")
    for by in (IRINA, PAVEL, OLEG, RAVIL, ELIF, MARINA):
        errands.add_account(tx, by.id, HASHED, by.role, by.subject, by.id.title(), "en")


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        opened.errand(
            lambda tx, at: tables.book.keep(tx, Blob(opened.photo, "image/jpeg", 1), queries.uploader_of(RAVIL), at)
        )
        yield opened


@pytest.fixture
def url(shop: Market) -> Iterator[str]:
    with served(shop) as address:
        yield address


def pass_of(shop: Market, return_id: int, by: By = IRINA) -> passes.DropOffPass:
    with shop.office.database.read() as tx:
        return passes.pass_of(shop.office, tx, return_id, by, shop.clock.now())


def found(shop: Market, scanned: str) -> int | None:
    with shop.office.database.read() as tx:
        return passes.found(shop.office, tx, scanned)


def refusal(shop: Market, return_id: int, by: By = IRINA) -> str:
    with pytest.raises(Refused) as refused:
        pass_of(shop, return_id, by)
    return refused.value.code


def disposed(shop: Market) -> int:
    """A return whose product was received with a broken seal and destroyed at the sorting point."""
    return_id = shop.in_status(Status.ON_THE_WAY)
    shop.does(RAVIL, return_id, do.ReceiveForDisposal(seal_intact=False, photos=(shop.photo,)), "2024-09-12 10:00")
    done = do.CertifyDisposal("shredding", "N. Orlova", (shop.photo,), WitnessRole.SECURITY, 905)
    shop.does(RAVIL, return_id, done, "2024-09-16 12:00")
    return return_id


# -- The pass ---------------------------------------------------------------------------------------------------------


def test_a_pass_says_what_where_and_until_when(shop: Market) -> None:
    """R52, P6: approved on 2 September, to be brought until the end of the 7th; valid at every pick-up point."""
    return_id = shop.in_status(Status.AWAITING_DROPOFF)
    it = pass_of(shop, return_id)

    assert (f"R-{return_id}", "Woven throw", moscow("2024-09-08 00:00")) == (
        it.return_number,
        it.product,
        it.valid_until,
    )
    assert ["77-0412", "78-0031"] == [point.id for point in it.points]  # the chosen one first, never the sorting point
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}", it.code)


def test_a_pass_ends_with_its_last_second_and_with_the_return(shop: Market) -> None:
    approved, handed_in, waiting = (
        shop.in_status(status) for status in (Status.APPROVED, Status.ACCEPTED_AT_PVZ, Status.SELLER_REVIEW)
    )
    shop.clock.turn_to(moscow("2024-09-07 23:59"))
    assert pass_of(shop, approved).return_id == approved
    assert ["no_pass", "no_pass"] == [refusal(shop, handed_in), refusal(shop, waiting)]

    shop.clock.turn_to(moscow("2024-09-08 00:00"))
    assert "pass_expired" == refusal(shop, approved)
    shop.office.desk.sweep()
    assert Status.DROPOFF_EXPIRED is shop.now_is(approved).status
    assert "pass_expired" == refusal(shop, approved)


@pytest.mark.parametrize("by", [PAVEL, ELIF, OLEG, MARINA], ids=lambda by: by.id)
def test_a_pass_is_its_customer_s_alone(shop: Market, by: By) -> None:
    assert "not_found" == refusal(shop, shop.in_status(Status.APPROVED), by)


def test_every_form_of_a_code_or_a_number_opens_the_return(shop: Market) -> None:
    return_id = shop.in_status(Status.APPROVED)
    code = pass_of(shop, return_id).code
    russian = code.translate(str.maketrans("QWERTYUIOPASDFGHJKLZXCVBNM", "ЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬ"))
    misread = code.replace("0", "O").replace("1", "l")
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in code)
    forms = (code, code.lower(), code.replace("-", ""), f"  {code}\r\n", russian, russian.lower(), misread, wide)
    numbers = (f"R-{return_id}", f"r-{return_id}", f"R{return_id}", f"r {return_id}", f"{return_id}", f"К-{return_id}")
    spoken = (f"Р-{return_id}", f"Ｒ－{return_id}")

    assert [return_id] * 16 == [found(shop, text) for text in (*forms, *numbers, *spoken)]


def test_a_pass_is_not_computed_from_the_return_number(shop: Market) -> None:
    """The tail names the return; the head is this house's secret, another one for every return."""
    first, second = shop.in_status(Status.APPROVED), shop.in_status(Status.APPROVED)
    one, other = pass_of(shop, first).code, pass_of(shop, second).code
    swapped = one[:9] + other[9:]
    last = "0" if one[8] != "0" else "2"

    assert one[:9] != other[:9]
    assert [None, None, None] == [found(shop, text) for text in (swapped, one[:8] + last + one[9:], one[:-1])]
    assert [None] * 5 == [found(shop, text) for text in ("", "?", "R-", "A" * 300, "9" * 40)]


def test_the_code_is_another_one_in_another_house(shop: Market, tmp_path: Path) -> None:
    return_id = shop.in_status(Status.APPROVED)
    code = pass_of(shop, return_id).code
    shop.office.seal = keys.Seal(tmp_path / "another.key")

    assert code != pass_of(shop, return_id).code
    assert found(shop, code) is None


# -- On paper ---------------------------------------------------------------------------------------------------------


def fonts_of(made: bytes) -> set[str]:
    """The names of the fonts whose letters stand in a PDF, also those in its packed parts."""
    text = made
    for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL):
        try:
            text += zlib.decompress(part)
        except zlib.error:
            continue
    return {name.decode() for name in re.findall(rb"/BaseFont\s*/([\w+-]+)", text)}


@pytest.mark.parametrize("language", ["en", "ru", "zh", "tr"])
def test_pass_certificate_and_act_have_letters_in_every_language(shop: Market, language: str) -> None:
    """R109, D23: no letter is missing, so a Chinese paper has a Chinese font and each has Noto Sans."""
    gone, waiting = disposed(shop), shop.in_status(Status.AWAITING_DROPOFF)
    with shop.office.database.read() as tx:
        certificate = papers.certificate_of(tx, gone, MARINA)
        point = queries.points(tx)[0]
    made = (
        papers.pass_pdf(pass_of(shop, waiting), "https://market.example/253/1", language),
        papers.certificate_pdf(shop.office, certificate, language),
        papers.handover_pdf([shop.now_is(gone)], point, "Linehaul", "W-1", shop.clock.now(), language),
    )
    for paper in made:
        names = fonts_of(paper)
        assert any("NotoSans-" in name for name in names), names
        assert (language == "zh") == any("CJK" in name for name in names), names
    assert b"/Image" in made[1]


def test_the_code_on_a_pass_is_read_by_a_scanner(shop: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    it = pass_of(shop, shop.in_status(Status.APPROVED))
    link = Links("https://market.example", "9521141").drop_off(it.code)
    # The same template, set by the same program, as a picture.
    monkeypatch.setattr(typst, "compile", functools.partial(typst.compile, format="png", ppi=200))
    [read] = zxingcpp.read_barcodes(Image.open(io.BytesIO(papers.pass_pdf(it, link, "en"))))

    assert read.text == link == f"https://market.example/253/9521141000014{it.code.replace('-', '')}"
    assert it.return_id == found(shop, read.text) == found(shop, it.code)
    assert it.return_id == found(shop, f"реезыЖ..ьфклуеюучфьздуюсщь.253.9521141000014{it.code.replace('-', '')}")
    assert found(shop, f"https://market.example/253/9521141000015{it.code.replace('-', '')}") is None
    assert found(shop, f"https://market.example/253/9521141000014{it.code.replace('-', '')[:-1]}0") is None


def test_the_link_of_a_pass_leads_to_its_return_and_tells_nobody_about_it(shop: Market, url: str) -> None:
    it = pass_of(shop, shop.in_status(Status.APPROVED))
    path = f"/253/9521141000014{it.code.replace('-', '')}"
    with httpx2.Client(base_url=url, follow_redirects=False) as anybody:
        gone_on = anybody.get(path)
        assert (gone_on.status_code, gone_on.headers["location"]) == (307, f"{url}/returns/{it.return_id}")
        assert anybody.get(gone_on.headers["location"]).status_code in (303, 401)
        told = anybody.get(path, headers={"accept": "application/linkset+json"}).json()
        assert told["linkset"][0]["anchor"] == url + path
        collectors = anybody.get("/253/9521141000021PK0123456789ABCD")
        assert (collectors.status_code, collectors.headers["location"]) == (307, f"{url}/")
        for wrong in (
            path[:-1] + "0",
            "/253/9521141000014AAAAAAAA0001",
            "/253/9521141000014",
            "/253/4006381333931AB12",
        ):
            assert anybody.get(wrong).status_code == 404
        assert anybody.get("/.well-known/gs1resolver").json()["supportedPrimaryKeys"] == ["253"]


@pytest.mark.parametrize("by", [ELIF, MARINA, RAVIL], ids=lambda by: by.id)
def test_a_certificate_says_how_when_and_before_whom_and_names_nobody(shop: Market, by: By) -> None:
    return_id = disposed(shop)
    with shop.office.database.read() as tx:
        it = papers.certificate_of(tx, return_id, by)
        words = " ".join(f"{label} {text}" for label, text in papers.certificate_rows(it, "en"))

    assert (f"DC-{return_id}", "shredding", "security", 905) == (it.number, it.method, it.witness_role, it.weight_gram)
    assert (moscow("2024-09-12 10:00"), moscow("2024-09-16 12:00")) == (it.received_at, it.disposed_at)
    for text in ("Shredded", "Security guard", "0.905 kg", "Broken", "Khimki, Sorting point 1", "16 Sep 2024, 12:00"):
        assert text in words
    assert "Orlova" not in words


def test_a_certificate_is_nothing_to_customers_and_to_other_sellers_and_before_the_end(shop: Market) -> None:
    return_id, early = disposed(shop), shop.in_status(Status.DISPOSING_BY_MARKETPLACE)
    other = By(Role.SELLER, "chen", "2093311")
    for by, which in ((IRINA, return_id), (other, return_id), (MARINA, early)):
        with pytest.raises(Refused, match="not_found"), shop.office.database.read() as tx:
            papers.certificate_of(tx, which, by)


# -- API v1 -----------------------------------------------------------------------------------------------------------


class Caller:
    """A person who uses API v1."""

    def __init__(self, url: str, login: str) -> None:
        self.http = httpx2.Client(base_url=f"{url}/api/v1")
        token = self.http.post("/sessions", json={"login": login, "password": PASSWORD}).json()["token"]
        self.http.headers["authorization"] = f"Bearer {token}"

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        answer = self.http.get(path, params=query)
        return answer.status_code, answer.json()

    def send(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        answer = self.http.request(method, path, json=body)
        return answer.status_code, answer.json() if answer.content else None


Enter = Callable[[str], Caller]


@pytest.fixture
def enter(url: str) -> Iterator[Enter]:
    """Sign somebody in."""
    callers: list[Caller] = []

    def sign_in(login: str) -> Caller:
        callers.append(Caller(url, login))
        return callers[-1]

    yield sign_in
    for caller in callers:
        caller.close()


def test_the_api_tells_a_point_its_lists_and_what_a_code_opens(shop: Market, enter: Enter) -> None:
    expected, accepted = shop.in_status(Status.AWAITING_DROPOFF), shop.in_status(Status.ACCEPTED_AT_PVZ)
    sent, inside = shop.in_status(Status.ON_THE_WAY), shop.in_status(Status.DISPOSING_BY_MARKETPLACE)
    code = enter("irina").get(f"/returns/{expected}/pass")[1]["code"]
    oleg, ravil = enter("oleg"), enter("ravil")
    status, lists = oleg.get("/counter")

    assert 200 == status
    assert [[expected], [accepted], [inside, sent], [], []] == [
        [item["id"] for item in lists[name]]
        for name in ("expected", "accepted", "dispatched_today", "coming", "received")
    ]
    assert [[sent], [inside]] == [[i["id"] for i in ravil.get("/counter")[1][name]] for name in ("coming", "received")]
    assert (200, expected) == (
        oleg.get("/counter/codes", code=code)[0],
        oleg.get("/counter/codes", code=code)[1]["return_id"],
    )
    assert (404, "code_unknown") == (
        oleg.get("/counter/codes", code="R-1")[0],
        oleg.get("/counter/codes", code="R-1")[1]["code"],
    )
    assert [403, 403] == [
        enter("irina").get("/counter")[0],
        enter("irina").get("/counter/codes", code=code)[0],
    ]


def test_the_api_hands_over_many_with_a_result_for_each(shop: Market, enter: Enter) -> None:
    good, early = shop.in_status(Status.ACCEPTED_AT_PVZ), shop.in_status(Status.APPROVED)
    oleg = enter("oleg")
    body = {"return_ids": [good, early, 1, good], "carrier": "Linehaul", "waybill": "W-7"}
    status, results = oleg.send("POST", "/counter/dispatches", body)

    assert 200 == status
    assert [(good, True, None), (early, False, "not_in_this_state"), (1, False, "not_found")] == [
        (result["return_id"], result["done"], result.get("code")) for result in results
    ]
    assert (Status.ON_THE_WAY, "W-7") == (shop.now_is(good).status, shop.now_is(good).waybill)
    assert 422 == oleg.send("POST", "/counter/dispatches", {"return_ids": [], "carrier": "L"})[0]


def test_the_api_shows_pass_and_certificate_to_whom_they_belong(shop: Market, enter: Enter) -> None:
    gone, waiting = disposed(shop), shop.in_status(Status.APPROVED)

    assert [200, 404, 404] == [enter(login).get(f"/returns/{waiting}/pass")[0] for login in ("irina", "pavel", "oleg")]
    assert [404, 200, 200] == [
        enter(login).get(f"/returns/{gone}/certificate")[0] for login in ("irina", "elif", "marina")
    ]


def test_support_says_what_a_clerk_buys_under_and_the_clerk_is_kept_from_it(shop: Market, enter: Enter) -> None:
    """J5, issue: no clerk handles their own order, from the next request on."""
    mine, other = shop.in_status(Status.AWAITING_DROPOFF), shop.in_status(Status.ACCEPTED_AT_PVZ, KETTLE)
    oleg, marina = enter("oleg"), enter("marina")
    assert 403 == oleg.send("PUT", "/clerks/oleg", {"customer_ref": ""})[0]
    for login, ref, code in (("elif", "C-1001", "clerk_unknown"), ("oleg", "C-9", "customer_unknown")):
        assert (422, code) == (
            (answer := marina.send("PUT", f"/clerks/{login}", {"customer_ref": ref}))[0],
            answer[1]["code"],
        )
    assert 204 == marina.send("PUT", "/clerks/oleg", {"customer_ref": IRINA.subject})[0]
    body = {"point_id": OLEG.subject, "same_product": True, "used": False, "photos": [shop.photo] * 2}

    for return_id, word, sent in ((mine, "check-in", body), (other, "dispatch", {"carrier": "Linehaul"})):
        status, answer = oleg.send("POST", f"/returns/{return_id}/{word}", sent)
        assert (403, "own_order") == (status, answer["code"])
        assert [] == oleg.get(f"/returns/{return_id}")[1]["available_actions"]
    assert 204 == marina.send("PUT", "/clerks/oleg", {"customer_ref": ""})[0]
    assert 200 == oleg.send("POST", f"/returns/{mine}/check-in", body)[0]


# -- The dwell, after downtime ----------------------------------------------------------------------------------------


def test_the_dwell_alarm_comes_exactly_once_with_its_own_instant_after_downtime(shop: Market) -> None:
    """R56, R95: accepted on the 2nd, due at 00:00 of the 6th; the house was down until the 9th."""
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.clock.turn_to(moscow("2024-09-05 23:59"))
    shop.office.desk.sweep()
    assert not shop.now_is(return_id).dwells
    shop.clock.turn_to(moscow("2024-09-09 08:00"))
    for _ in range(3):
        shop.office.desk.sweep()
    with shop.office.database.read() as tx:
        alarms = [h for h in queries.history(tx, return_id) if h.kind == "DwellAlarmed"]
        waiting = queries.dwelling(tx, moscow("2024-09-06 00:00"))

    assert [(moscow("2024-09-06 00:00"), moscow("2024-09-09 08:00"))] == [(h.at, h.recorded_at) for h in alarms]
    assert [return_id] == [it.id for it in waiting]
    shop.does(OLEG, return_id, do.Dispatch("Linehaul"))
    shop.office.desk.sweep()
    with shop.office.database.read() as tx:
        assert [] == queries.dwelling(tx, moscow("2024-09-06 00:00"))


def test_a_longer_dwell_of_the_policy_is_waited_for(shop: Market) -> None:
    policy = replace(shop.office.house.terms.policy, dwell_alarm_days=5)
    shop.errand(lambda tx, at: errands.put_terms(tx, "policy", "2", policy, at))
    shop.clock.turn_to(moscow("2024-09-02 11:00"))
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.clock.turn_to(moscow("2024-09-07 23:59"))
    shop.office.desk.sweep()
    assert not shop.now_is(return_id).dwells
    shop.clock.turn_to(moscow("2024-09-08 00:00"))
    shop.office.desk.sweep()
    assert shop.now_is(return_id).dwells
