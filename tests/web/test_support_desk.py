"""What support works with: the whole timeline of a return, one field of search, answers from templates."""

from backhaul.kit.database import Statement
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Status
from tests.marketplace.cast import IML, KETTLE, MARINA, Market
from tests.web.company import Door


def test_the_timeline_of_a_return_is_one_click_away_and_its_filters_live_in_the_address(
    enter: Door, shop: Market
) -> None:
    return_id = shop.in_status(Status.AT_PARTNER)
    shop.does(IML, return_id, do.RecordMark(Mark.SERVICEABLE, 1, "", ("a", "b", "c")))
    shop.does(MARINA, return_id, do.SendRefund())
    path = f"/returns/{return_id}/timeline"
    marina = enter("marina").open(f"/returns/{return_id}").follow(path)

    assert f"Timeline of R-{return_id}" in marina.text
    assert "Refund owed to the customer" in marina.text
    assert "Warehouse IML-MSK-2" in marina.text
    marina.follow(f"{path}?kind=warehouse")
    assert "Inspected by the partner" in marina.text
    assert "Refund owed to the customer" not in marina.text
    marina.follow(f"{path}?party=partner&kind=warehouse").follow(f"{path}?party=partner")
    assert "Return started" not in marina.text

    chen, oleg = enter("chen").open(f"/returns/{return_id}").follow(path), enter("oleg").open(path)
    assert (200, 404) == (chen.status, oleg.status)
    assert "Refund owed to the customer" not in chen.text


def test_one_find_is_opened_at_once_and_several_are_listed(enter: Door, shop: Market) -> None:
    first, second = (shop.in_status(Status.SELLER_REVIEW, KETTLE) for _ in range(2))
    marina = enter("marina")

    assert f"/returns/{first}" == marina.press("/search", {"q": f"R-{first}"}).path
    marina.press("/search", {"q": KETTLE.posting_number})
    assert ("/search", 200) == (marina.path, marina.status)
    assert {f"/returns/{first}", f"/returns/{second}"} <= set(marina.page.links)
    marina.press("/search", {"q": "irina"}).follow(f"/returns/{second}")
    nothing = marina.open("/search?q=nothing+of+the+kind")
    assert "Nothing was found for “nothing of the kind”." in nothing.text
    assert "first three letters" in nothing.text


def test_a_seller_is_led_on_to_names_of_products_and_others_have_no_such_field(enter: Door) -> None:
    chen = enter("chen").press("/search", {"q": "kettle"})

    assert "/returns?q=kettle" in chen.page.links
    for login in ("irina", "oleg"):
        visit = enter(login)
        assert not visit.offers("/search")
        assert 403 == visit.open("/search?q=kettle").status


def test_a_template_is_chosen_read_changed_and_sent_and_its_reader_finds_it(enter: Door, shop: Market) -> None:
    """Without scripts: a link fills the form, a person changes it, the customer reads it on the page of the return."""
    return_id = shop.in_status(Status.OFFER_SENT, KETTLE)
    path = f"/returns/{return_id}/messages"
    marina = enter("marina").open(f"/returns/{return_id}").follow(path).follow(f"{path}?template=partial_offer#write")
    form = marina.form(path)

    assert ("customer", "partial_offer") == (form.values["to"][0], form.values["template"][0])
    assert f"R-{return_id}" in form.values["text"][0]
    marina.send(form.fill(text="The offer is {amount}."))
    assert (422, True) == (marina.status, "{amount} in the message was not filled" in marina.text)
    marina.send(marina.form(path).fill(text="The offer is 500 roubles, please answer it."))
    assert (path, 200, True) == (marina.path, marina.status, "Sent." in marina.text)
    marina.send(marina.form(path).fill(text="x\r\n" * 999 + "xy"))  # 2,000 characters, as a form sends them
    assert (path, 200) == (marina.path, marina.status)
    irina = enter("irina").open(f"/returns/{return_id}").follow(path)
    assert "The offer is 500 roubles, please answer it." in irina.text
    assert not irina.offers(path)
    assert "Support has not written" in enter("chen").open(path).text
    assert 404 == enter("oleg").open(path).status
    [_, second] = [dict(zip(t.return_messages.c.keys(), row, strict=True)) for row in shop.dump()["return_messages"]]
    more = [{**second, "id": second["id"] + n, "body": "More"} for n in range(1, 100)]
    shop.errand(lambda tx, _: tx.many(Statement(t.return_messages.insert()), more))
    assert "The offer is 500 roubles, please answer it." not in irina.open(path).text
    assert "The offer is 500 roubles, please answer it." in irina.follow(f"{path}?before={second['id']}").text


def test_support_writes_templates_and_a_wrong_place_says_where_it_stands(enter: Door) -> None:
    marina = enter("marina").open("/support/answers").follow("/support/answers/new")
    typed = {"code": "it_is_late", "title": "Late", "text_en": "Late: {number}", "text_ru": "Опаздывает: {nomer}",
             "text_zh": "延误：{number}", "text_tr": "Gecikti: {number}"}  # fmt: skip

    marina.send(marina.form("/support/answers").fill(**typed))
    assert (422, True) == (marina.status, "{nomer}" in marina.text)
    assert "Late: {number}" == marina.form("/support/answers").values["text_en"][0]
    marina.send(marina.form("/support/answers").fill(text_ru="Опаздывает: {number}"))
    assert (200, "/support/answers", True) == (marina.status, marina.path, "Saved." in marina.text)
    marina.follow("/support/answers/it_is_late")
    marina.send(marina.form("/support/answers").fill(title="Very late"))
    assert "Version 1" in marina.open("/support/answers/it_is_late").text
    marina.open("/support/answers/new").send(marina.form("/support/answers").fill(**{**typed, "text_ru": "Опаздывает"}))
    assert 409 == marina.status
    assert 403 == enter("nadia").open("/support/answers").status
