"""How large what is sent may be: a form has room for the files that belong to it, and for no others (T21)."""

import io

import httpx2
import pytest
from PIL import Image

from backhaul.kit.uploads import PHOTOS_BYTES_MAX, UPLOAD_BYTES_MAX, form_bytes_max
from backhaul.marketplace import doors as marketplace_doors
from backhaul.marketplace.rules.words import Status
from backhaul.partner import doors as partner_doors
from tests.marketplace.cast import Market
from tests.web.company import PASSWORD, Door

MB = 1024 * 1024


@pytest.mark.parametrize(
    ("acts", "with_video"),
    [(marketplace_doors.ACTS, {"add-photos", "send-photos"}), (partner_doors.ACTS, {"deliver-media"})],
)
def test_only_the_forms_of_videos_have_room_for_videos(acts: dict[str, type], with_video: set[str]) -> None:
    sizes = {word: form_bytes_max(command) for word, command in acts.items()}

    assert with_video == {word for word, size in sizes.items() if size == UPLOAD_BYTES_MAX}
    assert {MB, PHOTOS_BYTES_MAX, UPLOAD_BYTES_MAX} == set(sizes.values())
    assert MB == sizes.get("approve", sizes.get("decide"))


def test_a_form_without_files_is_small_and_one_with_photos_takes_them(enter: Door, shop: Market) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    elif_, at = enter("elif"), f"/returns/{return_id}"
    form = elif_.open(at).form(f"{at}/approve")
    form.values["padding"] = ["x" * MB]
    assert 413 == elif_.send(form).status
    assert Status.SELLER_REVIEW == shop.now_is(return_id).status

    draft, irina = shop.draft(), enter("irina")
    form = irina.open(f"/returns/{draft}").form(f"/returns/{draft}/add-photos").fill(photos=[large_picture()])
    assert (200, 2) == (irina.send(form).status, len(shop.now_is(draft).photos))


def large_picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((2000, 1500), 90).save(out, "PNG")
    assert 2 * MB < len(out.getvalue()) < 10 * MB
    return out.getvalue()


def test_a_picture_may_not_be_as_large_as_a_video(url: str) -> None:
    with httpx2.Client(base_url=url, timeout=60) as irina:
        token = irina.post("/api/v1/sessions", json={"login": "irina", "password": PASSWORD}).json()["token"]
        irina.headers["authorization"] = f"Bearer {token}"
        told = [irina.post(f"/api/v1/{door}", content=bytes(13 * MB)) for door in ("photos", "videos")]

    assert [(413, "body_too_large"), (422, "not_a_video")] == [(one.status_code, one.json()["code"]) for one in told]
