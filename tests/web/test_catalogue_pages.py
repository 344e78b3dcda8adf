"""A new reason without a release: published in a form, chosen by a customer, read by seller, programs, help and partner (6.1, D24)."""

import msgspec

from backhaul import wire
from backhaul.kit.database import Statement
from backhaul.marketplace import tables
from backhaul.marketplace.perform import request_returns
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import ReasonGroup, Status
from tests.marketplace.cast import CHEN, ELIF, EXPLAINED, IRINA, KETTLE, LINES, OLEG, THROW, Market, moscow
from tests.web.company import Door, picture
from tests.web.forms import Form, Visit

REASONS, REJECTIONS = "/support/catalogues/return-reasons", "/support/catalogues/rejection-reasons"
WHY = "Customers ask for it every day."
WORDS = {"en": "Smells", "ru": "Пахнет", "zh": "有异味", "tr": "Kokuyor"}
HINTS = {"en": "Say of what.", "ru": "Напишите, чем.", "zh": "请说明气味。", "tr": "Neye benzediğini yazın."}
FORM = f"/orders/{LINES.index(THROW) + 1}/return"


def filled(visit: Visit, path: str, **entries: str) -> Form:
    return visit.open(path).form(f"{path}/preview").fill(why=WHY, valid_from="2024-09-02T10:00", **entries)


def added(visit: Visit, path: str, code: str, **more: str) -> Form:
    """The form with one more entry, in four languages."""
    form = filled(visit, path)
    number = sum(name.endswith("-code") for name in form.values) - 1
    texts = {f"{number}-names-{tongue}": text for tongue, text in WORDS.items()}
    return form.fill(**{f"{number}-code": code, **texts, **{f"{number}-{name}": text for name, text in more.items()}})


def publish(visit: Visit, form: Form, path: str) -> None:
    visit.send(form)
    assert (200, True) == (visit.status, "What differs" in visit.text), visit.text[:600]
    visit.press(path)
    assert (200, path) == (visit.status, visit.path), visit.text[:600]


def smells(visit: Visit) -> Form:
    hints = {f"hints-{tongue}": text for tongue, text in HINTS.items()}
    more = {"group": "defect", "photos_min": "2", "is_defect": "yes", "comment_required": "yes"}
    return added(visit, REASONS, "smells", **more, **hints)


def test_only_support_opens_the_catalogues_and_publishes(enter: Door, shop: Market) -> None:
    form = smells(enter("marina"))
    for login in ("irina", "elif", "oleg", "nadia"):
        other = enter(login)
        for path in ("/support/catalogues", REASONS, REJECTIONS):
            assert 403 == other.open(path).status, (login, path)
        form.values["_csrf_token"] = other.open("/help").form("/language").values["_csrf_token"]
        for action in (f"{REASONS}/preview", REASONS):
            form.action = action
            assert 403 == other.send(form).status, (login, action)
    assert [] == shop.dump()["terms"]


def test_what_does_not_fit_is_told_in_words_and_what_was_typed_stays(enter: Door, shop: Market) -> None:
    marina = enter("marina")
    form = smells(marina)
    number = next(name for name, value in form.values.items() if value == ["smells"]).partition("-")[0]
    for name, text, sentence in (
        ("code", "Smells!", "Smells!: a code is 3 to 40 small Latin letters"),
        ("names-zh", "", "smells: the name in 中文 is missing."),
        ("hints-tr", "", "smells: the hint in Türkçe is missing; fill in all languages or none."),
        ("photos_min", "11", "smells: from 0 to 10 photos."),
        ("photos_min", "many", "smells: this entry does not fit: Expected `int`"),
    ):
        marina.send(smells(marina).fill(**{f"{number}-{name}": text}))

        assert (422, True) == (marina.status, sentence in marina.text), (name, marina.text[:600])
        kept = marina.form(f"{REASONS}/preview").values
        assert ["Пахнет"] == kept[f"{number}-names-ru"]
        assert [WHY] == kept["why"]
    marina.send(filled(marina, REASONS))
    assert (422, True) == (marina.status, "Nothing differs" in marina.text)
    assert [] == shop.dump()["terms"]


def test_a_new_reason_goes_all_the_way_and_a_retired_one_stays_readable(enter: Door, shop: Market) -> None:
    old = shop.in_status(Status.SELLER_REVIEW, reason="did_not_fit")
    marina, irina, elif_ = enter("marina"), enter("irina"), enter("elif")
    form = smells(marina)
    form.values.pop("0-active")  # the first entry: did_not_fit
    marina.send(form)
    assert "Did not fit did_not_fit Can be chosen Yes No" in marina.text
    assert "smells Counts as a defect Yes" in marina.text
    marina.press(REASONS)
    assert f"2 In force from 2 Sep 2024, 10:00 Moscow time · marina {WHY}" in marina.open(REASONS).text

    # The customer's form
    irina.open(FORM)
    assert "smells" in irina.form(FORM).choices["reason"]
    assert "did_not_fit" not in irina.form(FORM).choices["reason"]
    assert "Smells : Say of what. At least 2 photos are needed. Tell the seller what happened." in irina.text
    forms = [irina.open(FORM).form(FORM).fill(reason="smells", photos=[picture("white")]) for _ in range(3)]
    for sent in forms:
        sent.values["send"] = ["yes"]
    assert (422, True) == (irina.send(forms[0]).status, "this reason needs a comment" in irina.text)
    forms[1].fill(comment="Of smoke.")
    assert 422 == irina.send(forms[1]).status
    forms[2].fill(comment="Of smoke.", photos=[picture("white"), picture("grey")])
    assert 200 == irina.send(forms[2]).status
    it = shop.now_is(int(irina.path.rpartition("/")[2]))
    assert (ReasonGroup.DEFECT, True, Status.SELLER_REVIEW) == (it.reason_group, it.is_defect, it.status)
    assert "Smells" in irina.text

    # The seller: inbox, page, message, programs
    assert "Smells" in elif_.open("/returns").text
    assert "Smells" in elif_.open("/messages").text
    assert "Пахнет" in elif_.read_in("ru").open(f"/returns/{it.id}").text
    assert "Не подош" in elif_.open(f"/returns/{old}").text
    elif_.read_in("en")
    told = elif_.client.post("/v2/returns/rfbs/get", json={"return_id": it.id},
                             headers={"Client-Id": ELIF.subject, "Api-Key": shop.key()})  # fmt: skip
    assert {"id": 206, "name": "Пахнет", "is_defect": True} == told.json()["returns"]["return_reason"]

    # Help
    assert "Defect Smells Yes" in irina.open("/help/return-reasons").text
    assert "Did not fit" not in irina.text


def test_the_partner_is_told_the_reason_in_words(enter: Door, shop: Market) -> None:
    publish(marina := enter("marina"), smells(marina), REASONS)
    request = do.RequestReturn("smells", "Of smoke.", (shop.photo,) * 2)
    with shop.office.database.read() as tx:
        assert 0 == len(tx.rows(Statement(tables.journal.outbox.select())))
    return_id = _requested(shop, request)
    photos = (shop.photo, shop.photo)
    for by, command in (
        (IRINA, do.Submit()), (CHEN, do.Approve()),
        (OLEG, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos)),
    ):  # fmt: skip
        shop.does(by, return_id, command)
    with shop.office.database.read() as tx:
        (letter,) = tx.rows(Statement(tables.journal.outbox.select()))
    (body,) = [column for column in letter if isinstance(column, bytes) and b"reason_names" in column]
    said = msgspec.json.decode(msgspec.json.decode(body, type=wire.Message).data, type=wire.ExpectedParcel)

    assert ("smells", "defect", True, WORDS) == (said.reason, said.reason_group, said.is_defect, said.reason_names)


def test_a_new_rejection_reason_is_offered_to_people_and_programs_and_told_to_the_customer(
    enter: Door, shop: Market
) -> None:
    publish(marina := enter("marina"), added(marina, REJECTIONS, "papers_missing", characters_min="60"), REJECTIONS)
    return_id = shop.in_status(Status.SELLER_REVIEW)
    elif_, action = enter("elif"), f"/returns/{return_id}/reject"
    assert "papers_missing" in elif_.open(f"/returns/{return_id}").form(action).choices["reason"]
    headers = {"Client-Id": ELIF.subject, "Api-Key": shop.key()}
    listed = elif_.client.post("/v2/returns/rfbs/get", json={"return_id": return_id}, headers=headers).json()
    assert (19, "Пахнет") == tuple(listed["returns"]["rejection_reason"][-1][name] for name in ("id", "name"))

    rejected = {"return_id": return_id, "rejection_reason_id": 19, "comment": EXPLAINED}
    assert 50 == len(EXPLAINED)
    refused = elif_.client.post("/v2/returns/rfbs/reject", json=rejected, headers=headers)
    assert (400, True) == (refused.status_code, "at least 60" in refused.text)
    rejected["comment"] = EXPLAINED + " And the card."
    assert 200 == elif_.client.post("/v2/returns/rfbs/reject", json=rejected, headers=headers).status_code
    assert "Smells" in enter("irina").open(f"/returns/{return_id}").text
    assert "Smells" in enter("irina").open("/messages").text


def test_a_version_cannot_begin_before_one_that_is_published(enter: Door, shop: Market) -> None:
    """Else the later one, which does not know its codes, would take them out."""
    marina = enter("marina")
    publish(marina, smells(marina).fill(valid_from="2024-09-10T00:00"), REASONS)
    marina.send(added(marina, REASONS, "too_loud", group="defect"))

    assert (409, True) == (marina.status, "A later version is published already" in marina.text), marina.text[:400]
    shop.clock.turn_to(moscow("2024-09-10 00:00"))
    assert "smells" in enter("irina").open(FORM).form(FORM).choices["reason"]


def test_the_form_shows_the_latest_version_that_is_published_so_that_the_next_one_has_its_codes(
    enter: Door, shop: Market
) -> None:
    """Nobody could add a reason while another one was coming: its code was not in the form, and a code never goes."""
    marina = enter("marina")
    publish(marina, smells(marina).fill(valid_from="2024-09-10T00:00"), REASONS)
    marina.open(REASONS)
    proposed = marina.form(f"{REASONS}/preview").values["valid_from"]
    assert "Version 1 is in force." in marina.text
    assert (
        "The form shows version 2, which is published already and holds from 10 Sep 2024, 00:00 Moscow" in marina.text
    )
    assert "smells" in [value[0] for name, value in marina.form(f"{REASONS}/preview").values.items() if "-code" in name]
    assert ["2024-09-10T00:00"] == proposed
    publish(marina, added(marina, REASONS, "too_loud", group="defect").fill(valid_from=proposed[0]), REASONS)

    shop.clock.turn_to(moscow("2024-09-10 00:00"))
    offered = enter("irina").open(FORM).form(FORM).choices["reason"]
    assert ("smells" in offered, "too_loud" in offered) == (True, True)
    assert "The form shows version" not in marina.open(REASONS).text


def _requested(shop: Market, request: do.RequestReturn) -> int:
    made: list[int] = []
    line_id = LINES.index(KETTLE) + 1
    shop.errand(
        lambda tx, at: made.extend(it.id for it in request_returns(tx, shop.office.desk, line_id, request, IRINA, at))
    )
    return made[0]
