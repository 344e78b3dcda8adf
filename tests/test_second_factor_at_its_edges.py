"""A second factor where something else comes in its way: rights that only read, two at once, another key, a session that is over."""

from datetime import datetime
from pathlib import Path

from backhaul.kit.database import Tx
from backhaul.marketplace import users
from backhaul.marketplace.rules.words import Rights
from tests.entrances import entrance
from tests.marketplace.people import account
from tests.partner.house import PASSWORD
from tests.test_second_factor import ACCOUNT, sets_up
from tests.web.forms import Visit


def only_reads(tx: Tx, _: datetime) -> None:
    users.set_rights(tx, account(tx, "chen"), account(tx, "liu").id, Rights.ANALYST, manages_keys=False)


def test_an_analyst_sets_it_up_signs_in_with_it_and_switches_it_off(database_url: str, tmp_path: Path) -> None:
    with entrance("marketplace", tmp_path, database_url) as door, Visit(door.url) as visit, Visit(door.url) as other:
        door.opened.errand(only_reads)
        phone = sets_up(door, visit.sign_in("liu", PASSWORD))
        assert 10 == len(phone.codes)
        other.sign_in("liu", PASSWORD).press("/sign-in/code", {"code": phone.next()})
        assert "/account" == other.open("/account").path
        token = door.api("liu", PASSWORD, code=phone.next()).json()["token"]
        other.open(ACCOUNT).press(f"{ACCOUNT}/switch-off", {"current": PASSWORD, "code": phone.next()})
        assert "It is off" in other.text
        with door.client() as client:  # of the seller's they change as little as before
            keys = client.post(
                "/api/v1/keys", headers={"authorization": f"Bearer {token}"}, json={"name": "x", "role": "returns"}
            )
            assert 403 == keys.status_code
