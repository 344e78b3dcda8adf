"""A session that ends while somebody types (T30): nothing is done without them, and nothing that they typed is lost."""

import re

from backhaul.marketplace import errands
from backhaul.marketplace.doors import SESSION_COOKIE
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import KETTLE, THROW, Market
from tests.web.company import PASSWORD, THREE_PHOTOS, Door
from tests.web.forms import Visit

WHY = "The fabric shows pulled threads and a stain on the left side."
WAITS = "Your session is over. Sign in again: what you typed is kept."


def end_session(shop: Market, visit: Visit) -> None:
    token = visit.client.cookies[SESSION_COOKIE]
    shop.errand(lambda tx, _: errands.sign_out(tx, token))


def test_a_rejection_that_comes_too_late_is_sent_after_signing_in_again(enter: Door, shop: Market) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)
    page = f"/returns/{return_id}"
    elif_ = enter("elif").open(page)
    end_session(shop, elif_)
    elif_.press(f"{page}/reject", {"reason": "looks_used", "comment": WHY})

    assert (401, True) == (elif_.status, WAITS in elif_.text)
    assert Status.SELLER_REVIEW == shop.now_is(return_id).status
    elif_.press("/sign-in", {"login": "elif", "password": "guessed"})
    assert 401 == elif_.status
    elif_.press("/sign-in", {"login": "elif", "password": PASSWORD})
    assert (200, True) == (elif_.status, WHY in elif_.text)
    assert Status.SELLER_REVIEW == shop.now_is(return_id).status
    elif_.press(f"{page}/reject")
    it = shop.now_is(return_id)
    assert (Status.REJECTED, WHY) == (it.status, it.rejection_comment)


def test_pictures_are_asked_for_again_and_everything_else_is_there(enter: Door, shop: Market) -> None:
    irina = enter("irina").open("/orders")
    path = next(link for link in irina.page.links if link.startswith("/orders/"))
    irina.follow(path)
    form = next(form for form in irina.page.forms if form.multipart)
    end_session(shop, irina)
    irina.send(form.fill(reason="did_not_like", comment="Too bright.", photos=THREE_PHOTOS))
    assert not irina.offers("/language")  # another language would load the page anew, without what was typed
    irina.press("/sign-in", {"login": "irina", "password": PASSWORD})

    assert (True, True) == ("Too bright." in irina.text, "Choose the pictures again" in irina.text)
    assert not irina.offers("/language")
    again = irina.form(form.action)
    assert (["did_not_like"], ["Too bright."]) == (again.values["reason"], again.values["comment"])
    irina.send(again.fill(photos=THREE_PHOTOS[:1]))
    assert (200, True) == (irina.status, irina.path.startswith("/returns/"))


def test_a_file_that_is_no_picture_is_asked_for_again_as_a_file(enter: Door, shop: Market) -> None:
    marina, statement = enter("marina").open("/support/payouts"), b"nothing,of,a,bank\n"
    form = marina.form("/support/payouts/statements")
    end_session(shop, marina)
    marina.send(form.fill(file=[statement]))
    marina.press("/sign-in", {"login": "marina", "password": PASSWORD})
    [field] = re.findall(r"<input[^>]*type=\"file\"[^>]*>", marina.answer.text)

    assert "Choose the file again: it could not be kept." in marina.text
    assert 'name="file"' in field
    assert "image" not in field
    assert "pictures" not in marina.text
    marina.send(marina.form("/support/payouts/statements").fill(file=[statement]))
    assert (422, True) == (marina.status, marina.path.startswith("/support/payouts"))


def test_a_password_is_never_carried(enter: Door, shop: Market) -> None:
    elif_ = enter("elif").open("/account")
    form = next(form for form in elif_.page.forms if "current" in form.values)
    end_session(shop, elif_)
    elif_.send(form.fill(current=PASSWORD, password="a new and long one", again="a new and long one"))

    assert 401 == elif_.status
    assert "a new and long one" not in elif_.answer.text
    assert PASSWORD not in elif_.answer.text


def test_a_kept_form_leads_nowhere_else(url: str) -> None:
    for kept in ('{"path":"https://elsewhere.example/"}', '{"path":"//elsewhere.example/"}', "[]", "{", '{"path":7}'):
        with Visit(url) as visit:
            form = visit.open("/sign-in").form("/sign-in").fill(login="elif", password=PASSWORD)
            form.values["kept"] = [kept]
            assert (200, "/to-decide") == (visit.send(form).status, visit.path), kept
            assert "elsewhere" not in visit.answer.text


def test_a_form_without_its_csrf_token_is_not_kept(enter: Door, shop: Market) -> None:
    page = f"/returns/{shop.in_status(Status.SELLER_REVIEW, KETTLE)}"
    elif_ = enter("elif").open("/returns")
    end_session(shop, elif_)
    answer = elif_.client.post(f"{page}/reject", data={"comment": WHY, "_csrf_token": "forged"})

    assert (403, False) == (answer.status_code, WHY in answer.text)


def test_a_form_of_nothing_but_a_password_is_not_said_to_be_kept(enter: Door, shop: Market) -> None:
    irina = enter("irina").open("/my-data")
    end_session(shop, irina)
    irina.press("/my-data/erasure", {"password": PASSWORD})

    assert (401, False, True) == (irina.status, WAITS in irina.text, irina.offers("/language"))
    assert PASSWORD not in irina.answer.text
    irina.press("/sign-in", {"login": "irina", "password": PASSWORD})
    assert (200, "/my-returns") == (irina.status, irina.path)
