"""The page of a customer's own data: who received it, all of it as a file, and its erasure."""

import io
import zipfile

from backhaul.kit.sign_in_brake import FAILS_OF_LOGIN_MAX, LOGIN_SPAN
from backhaul.marketplace import erasure_certificates, person_queries
from backhaul.marketplace.rules import commands as do
from tests.marketplace.cast import IRINA, Market
from tests.web.company import PASSWORD, Door
from tests.web.forms import Visit


def test_a_customer_takes_their_data_away_and_is_erased(shop: Market, enter: Door) -> None:
    sent, draft = shop.draft(), shop.draft()
    for command in (do.Submit(), do.Cancel()):
        shop.does(IRINA, sent, command)
    shop.does(IRINA, draft, do.Submit())
    irina = enter("irina")
    page = irina.open("/account").open("/my-data")
    file = irina.client.get("/my-data.zip")
    wrong = page.press("/my-data/erasure", {"password": "guessed it"}).answer
    held = irina.open("/my-data").press("/my-data/erasure", {"password": PASSWORD}).answer

    assert "data.json" in zipfile.ZipFile(io.BytesIO(file.content)).namelist()
    assert (422, True) == (wrong.status_code, f"Return R-{draft} is not over." in wrong.text)
    assert 'required aria-invalid="true" aria-describedby="fault" autofocus' in wrong.text
    assert "You asked for it on" in held.text
    assert f"/returns/{draft}" in irina.page.links
    assert not irina.offers("/my-data/erasure")  # it is asked for

    marina = enter("marina").open(f"/support/customers/{IRINA.subject}")
    assert "The customer asked for it on" in marina.text
    assert f"Return R-{draft} is not over." in marina.text
    assert "You will not be erased." in irina.press("/my-data/erasure/withdraw").text
    assert ("You asked" in irina.text, irina.offers("/my-data/erasure/withdraw")) == (False, False)
    assert "took it back on" in marina.open(marina.path).text
    irina.press("/my-data/erasure", {"password": PASSWORD})
    shop.does(IRINA, draft, do.Cancel())
    assert "Nothing stands in the way." in marina.open(marina.path).text  # as it is now, not as it was then
    for _ in range(FAILS_OF_LOGIN_MAX):
        with shop.office.sign_ins.trying("irina", ""):
            pass
    rests = irina.open("/my-data").press("/my-data/erasure", {"password": PASSWORD}).answer
    assert (429, True) == (rests.status_code, "You asked for it on" in rests.text)
    assert 60 <= int(rests.headers["retry-after"]) <= LOGIN_SPAN.total_seconds() + 60
    shop.clock.turn(LOGIN_SPAN)
    erased = irina.open("/my-data").press("/my-data/erasure", {"password": PASSWORD}).answer
    assert "Certificate of destruction 2" in erased.text
    assert "Irina" not in erased.text
    assert irina.open("/my-data/erasure").path == "/sign-in"
    told = enter("marina").open(f"/returns/{sent}").open(f"/support/customers/{IRINA.subject}").answer.text
    assert ("certificate 2." in told, f"R-{sent}" in told, "Irina" in told) == (True, True, False)


def test_a_certificate_has_an_address_that_outlives_the_account_and_the_choice_of_a_language(
    shop: Market, enter: Door, url: str
) -> None:
    irina = enter("irina").read_in("ru").open("/my-data")
    irina.client.cookies.delete("language")  # it is that of the account, which goes
    irina.press("/my-data/erasure", {"password": PASSWORD})
    address = irina.path
    assert (200, True, '<html lang="ru">' in irina.answer.text) == (
        irina.status,
        address.startswith("/erased/1-"),
        True,
    )
    irina.read_in("tr")
    assert (200, address, '<html lang="tr">' in irina.answer.text) == (irina.status, irina.path, True)

    with Visit(url) as anybody:
        anybody.client.headers["accept-language"] = "en"
        assert "Certificate of destruction 1" in anybody.open(address).text
        paper = anybody.follow(f"{address}/certificate.pdf").answer
        assert (200, b"%PDF", "attachment") == (
            paper.status_code,
            paper.content[:4],
            paper.headers["content-disposition"][:10],
        )
        for code in (f"{address[:-1]}x", "/erased/1", "/erased/", "/erased/2-0", "/erased/\u0661-0", f"{address}0"):
            assert 404 == anybody.open(code).status, code
    with shop.office.database.read() as tx:
        assert person_queries.erasure(tx, 1) is not None


def test_a_certificate_of_an_erasure_that_is_held_is_none(shop: Market, enter: Door) -> None:
    shop.does(IRINA, shop.draft(), do.Submit())
    irina = enter("irina").open("/my-data").press("/my-data/erasure", {"password": PASSWORD})
    assert 404 == irina.open(f"/erased/{erasure_certificates.code_of(shop.office, 1)}").status
