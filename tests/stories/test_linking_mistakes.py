"""J1: every mistake in linking a seller at the partner has a sentence of its own, and nothing is half saved (D18)."""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from backhaul import wire
from backhaul.kit import keys
from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Statement
from backhaul.kit.server import Served
from backhaul.marketplace import app as marketplace_app
from backhaul.marketplace import queries as marketplace_queries
from backhaul.partner import access, errands, queries, tables
from backhaul.partner.perform import THE_MARKETPLACE
from backhaul.world import PASSWORD, World, make_key
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow
from tests.stories.test_ship_to_hong_kong import browse
from tests.web.forms import Visit

ADD = "/system-settings/authorizations"
LUMITEK, ANADOLU = 2093311, 1180457
AWAY = "The platform does not answer now. Nothing was saved; try again shortly."
AT = moscow(9, 1, 10)


def entries(key: str, seller_id: int = ANADOLU, business_type: str = "RETURN_PRODUCT") -> dict[str, str]:
    """What a person types."""
    return {"platform": "marketplace", "business_type": business_type, "seller_id": str(seller_id), "key": key}


def saved(world: World) -> tuple[list[tuple[int, int, str]], int, int, bool]:
    """Links (company, seller, mode), watched returns, letters about links; and what the marketplace believes of Anadolu."""
    with world.stage.partner.database.read() as tx:
        links = sorted((row.company_id, row.seller_id, row.mode) for row in queries.all_links(tx))
        watched = len(tx.rows(Statement(tables.watched.select())))
        outbox = tx.rows(Statement(tables.journal.outbox.select()))
    with world.stage.marketplace.database.read() as tx:
        seller = marketplace_queries.seller(tx, ANADOLU)
    assert seller is not None
    return links, watched, sum(wire.LINKED in row for row in outbox), seller.linked


NOTHING: tuple[list[tuple[int, int, str]], int, int, bool] = ([], 0, 0, False)


def raised(raise_curtain: Raise) -> tuple[World, Visit]:
    """Anadolu has one open return, Lumitek none; Elif is at the form."""
    world = raise_curtain(AT)
    deliver(world, "Woven throw", 12_400, 900, seller=(ANADOLU, "TR"))
    deliver(world, "Headset", 7_900, 350, seller=(LUMITEK, "CN"), posting="70000002-0001-1")
    world.request("TR", "did_not_like", "Too thin.")
    return world, browse(world.stage.partner_web.url, "elif@example.com").open(ADD)


def told(visit: Visit, typed: dict[str, str]) -> tuple[int, str]:
    """The answer to the form: its status, and the sentence that stands at a field or above the form."""
    visit.open(ADD).press(ADD, typed)
    found = re.search(r'id="authorizations-(\w+)-wrong"', visit.answer.text)
    return visit.status, found[1] if found else ""


def company_of(world: World, login: str) -> int:
    with world.stage.partner.database.read() as tx:
        account = access.account_of_login(tx, f"{login}@example.com", PASSWORD)
    assert account is not None
    assert account.company_id is not None
    return account.company_id


def revoke(world: World, login: str, key: str) -> None:
    chen = Caller(world.stage.marketplace_web.url, login)
    assert 200 == chen.post(f"/keys/{keys.public_id_of(key)}/revoke").status_code


def test_each_wrong_key_id_and_business_type_has_a_sentence_and_leaves_nothing(raise_curtain: Raise) -> None:
    """J1.5, D18, D19: ours, another's, read-only ids apart, revoked, expired, for another kind of business."""
    world, elif_ = raised(raise_curtain)
    key, old = (make_key(world, "TR", name, read_only=False) for name in ("Partner", "Old"))
    of_lumitek = make_key(world, "CN", "Lumitek's", read_only=False)
    revoke(world, "elif", old)
    unknown = keys.make_key(read_only=False).text  # well made, by nobody here
    cases = [
        (entries("nonsense"), "key", "This key is not known."),
        (entries("bh_rw_ключ"), "key", "This key is not known."),
        (entries(unknown), "key", "This key is not known."),
        (entries(f"{key[:-1]}{'a' if key[-1] != 'a' else 'b'}"), "key", "This key is not known."),
        (entries(old), "key", "This key has been revoked."),
        (entries(of_lumitek), "seller_id", "This key belongs to another seller ID."),
        (entries(key, 1180475), "seller_id", "This key belongs to another seller ID."),
        (entries(key, 2**53), "seller_id", "This key belongs to another seller ID."),
        (entries(key, business_type="CANCEL_ORDERS"), "business_type", "Choose: Return the product."),
        (entries(of_lumitek, LUMITEK), "business_type", "Choose: Cancel the orders."),
    ]
    for typed, field, sentence in cases:
        assert (422, field) == told(elif_, typed), typed
        assert sentence in elif_.text
        assert typed["key"] not in elif_.answer.text  # a key is never shown again
        assert [typed["seller_id"]] == elif_.form(ADD).values["seller_id"]

    assert NOTHING == saved(world)


def test_a_key_links_until_its_last_second_and_is_called_expired_from_then_on(raise_curtain: Raise) -> None:
    """D18, D19: a key works for 180 days; what is over is told apart from what is unknown."""
    world, _ = raised(raise_curtain)
    key, clock = make_key(world, "TR", "Partner", read_only=False), world.stage.clock
    assert isinstance(clock, TurnedClock)
    clock.turn(timedelta(days=180, seconds=-1))
    elif_ = browse(world.stage.partner_web.url, "elif@example.com")

    assert (200, "") == told(elif_, entries(key))
    elif_.press(f"{ADD}/{ANADOLU}/remove")
    clock.turn(timedelta(seconds=1))
    assert (422, "key") == told(elif_, entries(key))
    assert "This key has expired." in elif_.text
    assert [] == saved(world)[0]


def test_a_read_only_key_links_to_look_and_the_right_key_replaces_it(raise_curtain: Raise) -> None:
    """D18, J11.2: the page says that decisions need another key; the open return is pulled once."""
    world, elif_ = raised(raise_curtain)
    reading, writing = (make_key(world, "TR", name, read_only=name == "Reading") for name in ("Reading", "Writing"))

    assert (200, "") == told(elif_, entries(reading))
    assert "View only: decisions must be made with a Returns key" in elif_.text
    [(company, *rest)] = saved(world)[0]
    assert [ANADOLU, "view_only"] == rest
    assert (200, "") == told(elif_, entries(writing))
    assert "You can decide" in elif_.text
    world.stage.pump()
    assert ([(company, ANADOLU, "returns")], 1) == saved(world)[:2]
    assert saved(world)[3]


def test_while_the_marketplace_is_away_nothing_is_saved_and_the_same_form_works_afterwards(
    raise_curtain: Raise,
) -> None:
    """D11, R99: 503 with a sentence, then a second try with the very same entries."""
    world, elif_ = raised(raise_curtain)
    stage, key = world.stage, make_key(world, "TR", "Partner", read_only=False)
    port = stage.marketplace_web.port
    stage.marketplace_web.stop()
    answer = told(elif_, entries(key))
    sentence = elif_.text
    nothing = saved(world)
    stage.marketplace_web = Served(marketplace_app.make_app(stage.marketplace), port=port).start()
    again = told(elif_, entries(key))
    stage.pump()

    assert (503, "") == answer
    assert AWAY in sentence
    assert NOTHING == nothing
    assert (200, "") == again
    assert [ANADOLU] == [seller for _, seller, _ in saved(world)[0]]
    assert saved(world)[3]


@contextmanager
def standing_in(answers: Mapping[str, tuple[int, bytes]]) -> Iterator[str]:
    """A server in the marketplace's place: a proxy's error page, or half a marketplace. Its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            status, body = answers[self.path]
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


CHECKED = b'{"code":"ok","seller_name":"Anadolu","variant":"T","role":"returns","expires_at_us":1740700800000000}'
LIST = "/v2/returns/rfbs/list"


BROKEN = [
    {"/api/v1/partner/link-check": (200, b"<html>Sign in to this network</html>")},
    {"/api/v1/partner/link-check": (500, b"")},
    {"/v1/roles": (503, b"{}")},
    {"/v1/roles": (429, b"{}")},
    {LIST: (503, b"{}")},
    {LIST: (200, b"<html></html>")},
    {LIST: (200, b'{"returns":[{"return_number":"R-1"}]}')},  # every field is optional, but nothing can call this one
]


def test_a_marketplace_that_answers_by_half_is_away_and_its_key_not_wrong(raise_curtain: Raise) -> None:
    """D11, D18: nobody said what the key is worth, so nothing is said of it, and nothing is saved."""
    sound = {"/api/v1/partner/link-check": (200, CHECKED), "/v1/roles": (200, b"{}"), LIST: (200, b'{"returns":[]}')}
    world, elif_ = raised(raise_curtain)
    key = make_key(world, "TR", "Partner", read_only=False)

    def stands_at(url: str) -> None:
        world.partner_errand(lambda tx, _: errands.register_marketplace(tx, THE_MARKETPLACE, "", url, b"", b""))

    for broken in BROKEN:
        answering = sound | broken
        with standing_in(answering) as instead:
            stands_at(instead)
            assert (503, "") == told(elif_, entries(key)), broken
        assert AWAY in elif_.text
        assert NOTHING == saved(world)
    stands_at(world.stage.marketplace_web.url)
    assert (200, "") == told(elif_, entries(key))


def test_a_second_company_links_the_same_seller_and_neither_takes_it_from_the_other(raise_curtain: Raise) -> None:
    """D18: who has the seller's key may link; the marketplace hears that it is over when the last one has gone."""
    world, elif_ = raised(raise_curtain)
    wong = browse(world.stage.partner_web.url, "wong@example.com")
    keys_of_anadolu = [make_key(world, "TR", name, read_only=False) for name in ("First", "Second")]

    assert (200, "") == told(elif_, entries(keys_of_anadolu[0]))
    assert (200, "") == told(wong, entries(keys_of_anadolu[1]))
    world.stage.pump()
    first, second = company_of(world, "elif"), company_of(world, "wong")
    assert [(first, ANADOLU, "returns"), (second, ANADOLU, "returns")] == sorted(saved(world)[0])
    elif_.press(f"{ADD}/{ANADOLU}/remove")
    world.stage.pump()
    assert ([(second, ANADOLU, "returns")], True) == (saved(world)[0], saved(world)[3])
    wong.open(ADD).press(f"{ADD}/{ANADOLU}/remove")
    world.stage.pump()
    assert ([], False) == (saved(world)[0], saved(world)[3])


def test_a_double_click_links_once(raise_curtain: Raise) -> None:
    """R96: two of the same form at the same time: both are answered, one link and one list of returns is there."""
    world, elif_ = raised(raise_curtain)
    key = make_key(world, "TR", "Partner", read_only=False)
    colleague = Visit(world.stage.partner_web.url)
    colleague.client.cookies.update(elif_.client.cookies)
    with colleague:
        visits = [elif_.open(ADD), colleague.open(ADD)]
        forms = [visit.form(ADD).fill(**entries(key)) for visit in visits]
        with ThreadPoolExecutor(2) as pool:
            answered = [
                visit.status for visit in pool.map(lambda both: both[0].send(both[1]), zip(visits, forms, strict=True))
            ]
    world.stage.pump()

    assert [200, 200] == answered
    links, watched, _, linked = saved(world)
    assert ([(company_of(world, "elif"), ANADOLU, "returns")], 1, True) == (links, watched, linked)
