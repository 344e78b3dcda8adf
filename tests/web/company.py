"""Who signs in to the marketplace's pages in tests, and the pictures that they bring."""

import io
from collections.abc import Callable
from datetime import datetime
from functools import cache

from PIL import Image

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.marketplace import errands
from backhaul.marketplace.rules.words import Role
from tests.marketplace.cast import ANADOLU, IRINA, LUMITEK, OLEG
from tests.web.forms import Visit

PASSWORD = "correct horse battery"
SORTING = "MSK-SORT"
PEOPLE = (
    ("irina", Role.CUSTOMER, IRINA.subject, "Irina S.", False),
    ("pavel", Role.CUSTOMER, "C-1002", "Pavel K.", False),
    ("elif", Role.SELLER, str(ANADOLU), "Elif Kaya", True),
    ("chen", Role.SELLER, str(LUMITEK), "Chen Wei", True),
    ("liu", Role.SELLER, str(LUMITEK), "Liu Na", False),
    ("oleg", Role.CLERK, OLEG.subject, "Oleg", False),
    ("ravil", Role.CLERK, SORTING, "Ravil", False),
    ("nadia", Role.MODERATOR, "", "Nadia", False),
    ("marina", Role.SUPPORT, "", "Marina", False),
)
Door = Callable[..., Visit]


@cache
def hashed() -> str:
    return keys.hash_password(PASSWORD)


@cache
def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


def let_in(tx: Tx, _: datetime) -> None:
    """An account for everybody, and the sorting point where one of them works."""
    errands.add_point(tx, SORTING, "sorting", "Moscow, sorting point")
    for login, role, subject, name, owner in PEOPLE:
        errands.add_account(tx, login, hashed(), role, subject, name, "en", owner=owner)


THREE_PHOTOS = [picture("indigo"), picture("white"), picture("grey")]
