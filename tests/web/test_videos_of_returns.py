"""A short video at the marketplace's doors: sent with a return and with an answer, shown to the parties and to nobody else."""

import io

import av
import httpx2
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from backhaul.marketplace import errands
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Status
from tests.filming import phone_film
from tests.marketplace.cast import ELIF, IRINA, MARINA, NADIA, Market
from tests.web.company import PASSWORD, THREE_PHOTOS, Door, picture


def started(shop: Market, enter: Door) -> Return:
    """Irina sends a request with a photo and a video."""
    irina = enter("irina").open("/orders/1/return")
    irina.send(
        irina.form("/orders/1/return").fill(
            reason="did_not_like", photos=[picture("teal")], videos=[phone_film()], units="1"
        )
    )
    return_id = int(irina.path.removeprefix("/returns/"))
    shop.does(IRINA, return_id, do.Submit())
    return shop.now_is(return_id)


def test_a_video_is_sent_with_a_return_and_the_parties_watch_it(shop: Market, enter: Door) -> None:
    it = started(shop, enter)
    (video,) = it.videos
    path = f"/videos/{it.id}/{video}"

    for login in ("irina", "elif", "marina"):
        shown = enter(login).open(f"/returns/{it.id}")
        assert f'src="{path}"' in shown.answer.text
        assert "media-src 'self'" in shown.answer.headers["content-security-policy"]
        assert "video/webm" == shown.open(path).answer.headers["content-type"]
        assert "JPEG" == Image.open(io.BytesIO(shown.open(f"{path}/poster").answer.content)).format
    for login in ("pavel", "oleg"):
        assert 404 == enter(login).open(path).status == enter(login).open(f"{path}/poster").status
    assert 404 == enter("irina").open(f"/videos/{it.id}/{it.photos[0]}").status


def test_a_browser_asks_for_parts_and_gets_them(shop: Market, enter: Door) -> None:
    it = started(shop, enter)
    path = f"/videos/{it.id}/{it.videos[0]}"
    irina = enter("irina")
    whole = irina.open(path).answer.content

    def part(wanted: str) -> httpx2.Response:
        return irina.client.get(path, headers={"range": wanted})

    assert (206, f"bytes 0-99/{len(whole)}", whole[:100]) == _of(part("bytes=0-99"))
    assert (206, f"bytes 100-{len(whole) - 1}/{len(whole)}", whole[100:]) == _of(part("bytes=100-"))
    assert (206, f"bytes {len(whole) - 5}-{len(whole) - 1}/{len(whole)}", whole[-5:]) == _of(part("bytes=-5"))
    assert (416, f"bytes */{len(whole)}", b"") == _of(part(f"bytes={len(whole)}-"))
    assert (200, "", whole) == _of(part("bytes=9-2")) == _of(part("pages=1")) == _of(part("bytes=0-1,4-5"))
    assert "bytes" == part("").headers["accept-ranges"]


def _of(answer: httpx2.Response) -> tuple[int, str, bytes]:
    return answer.status_code, answer.headers.get("content-range", ""), answer.content


def test_what_is_no_video_is_told_and_the_photos_are_kept(shop: Market, enter: Door) -> None:
    irina = enter("irina").open("/orders/1/return")
    form = irina.form("/orders/1/return").fill(
        reason="did_not_like", photos=THREE_PHOTOS, videos=[b"no video"], units="1"
    )
    irina.send(form)

    assert 422 == irina.status
    assert "This file is not a video that we can read" in irina.text
    assert "3 photos are kept already." in irina.text
    again = irina.send(irina.form("/orders/1/return").fill(videos=[phone_film()]))
    it = shop.now_is(int(again.path.removeprefix("/returns/")))
    assert (3, 1) == (len(it.photos), len(it.videos))


def test_a_video_answers_the_moderator(shop: Market, enter: Door) -> None:
    seller = int(ELIF.subject)
    shop.errand(lambda tx, _: errands.switch_moderation(tx, MARINA, seller, "55-1204", "", "Reject what was worn."))
    return_id = shop.draft()
    shop.does(IRINA, return_id, do.Submit())
    shop.does(NADIA, return_id, do.AskPhotos("Please show it switched on."))
    irina = enter("irina").open(f"/returns/{return_id}")
    irina.press(f"/returns/{return_id}/send-photos", {"videos": [phone_film()]})

    it = shop.now_is(return_id)
    assert (Status.PRE_MODERATION, 1, 1) == (it.status, len(it.photos), len(it.videos))
    assert f"/videos/{return_id}/{it.videos[0]}" in enter("nadia").open(f"/returns/{return_id}").answer.text


@pytest.mark.usefixtures("shop")
def test_api_v1_stores_a_video_once_and_shows_it_to_the_parties(url: str) -> None:
    def signed_in(login: str) -> httpx2.Client:
        token = httpx2.post(f"{url}/api/v1/sessions", json={"login": login, "password": PASSWORD}).json()["token"]
        return httpx2.Client(base_url=f"{url}/api/v1", headers={"authorization": f"Bearer {token}"})

    with signed_in("irina") as irina, signed_in("pavel") as pavel, signed_in("elif") as elif_:
        video = irina.post("/videos", content=phone_film()).json()["id"]
        photo = irina.post("/photos", content=picture("teal")).json()["id"]
        wanted = {"reason": "did_not_like", "photos": [photo], "videos": [video], "send": True}
        assert "videos_unknown" == pavel.post("/orders/1/returns", json={**wanted, "photos": []}).json()["code"]
        return_id = irina.post("/orders/1/returns", json=wanted).json()["return_id"]
        path = f"/returns/{return_id}/videos/{video}"

        assert [video] == elif_.get(f"/returns/{return_id}").json()["videos"]
        assert 206 == elif_.get(path, headers={"range": "bytes=0-9"}).status_code
        assert "image/jpeg" == elif_.get(f"{path}/poster").headers["content-type"]
        assert [404, 404] == [pavel.get(path).status_code, pavel.get(f"{path}/poster").status_code]
        assert ("not_a_video", "videos") == _code(irina.post("/videos", content=b"GIF89a"))
        with av.open(io.BytesIO(elif_.get(path).content)) as film:
            assert ["vp9"] == [stream.codec_context.name for stream in film.streams]


def _code(answer: httpx2.Response) -> tuple[str, str]:
    return answer.json()["code"], answer.json()["field"]


@pytest.mark.browser
@pytest.mark.usefixtures("shop")
def test_a_customer_sends_a_video_and_chromium_plays_it(url: str, page: Page) -> None:
    """On a phone: from the top of the form to the photos it is short, and the film runs."""
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type in {"error", "warning"} else None)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{url}/sign-in?lang=en")
    page.fill("input[name=login]", "irina")
    page.fill("input[name=password]", PASSWORD)
    page.click("form[action='/sign-in'] button")
    page.wait_for_url("**/my-returns")
    page.goto(f"{url}/orders/1/return?lang=en")
    assert page.locator("#photos").bounding_box()["y"] < 1200  # type: ignore[index]
    page.select_option("#reason", "did_not_like")
    page.set_input_files("#photos", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture("teal")})
    page.set_input_files("#videos", {"name": "a.mp4", "mimeType": "video/mp4", "buffer": phone_film()})
    page.get_by_role("button", name="Send the request").click()
    page.wait_for_url("**/returns/*")
    video = page.locator("video")
    expect(video).to_have_count(1)
    played = video.evaluate(
        """film => new Promise((seen) => {
          film.muted = true;
          film.ontimeupdate = () => { if (film.currentTime > 0.2) { seen(film.readyState); } };
          film.play();
        })"""
    )

    assert played >= 2
    assert 320 == video.evaluate("film => film.videoWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [] == errors
