"""The partner's house through its real desk, on both databases: lives, races, late sweeps, replay, letters."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backhaul import wire
from backhaul.kit import keys, migrations
from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Database, Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Answer, Desk, Errand, Order
from backhaul.kit.machine import Refused
from backhaul.partner import access, draw_errands, errands, invoice_queries, platform_errands, queries, tables
from backhaul.partner.access import KeyCaller, Known
from backhaul.partner.perform import Partner, expect
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.tariff import SEED_TARIFF
from backhaul.partner.rules.words import (
    BusinessType,
    DisposalStatus,
    LinkMode,
    LinkState,
    Mark,
    MediaStatus,
    Role,
    Service,
    Status,
)
from tests.partner.cast import (
    ANADOLU,
    LUMITEK,
    MARKETPLACE,
    QUIET,
    RUSLAN,
    SONIA,
    TIMUR,
    VERA,
    announced,
    cny,
    moscow,
    scan,
)

ID = 100_017


class World:
    """A partner with Lumitek signed up, linked and with a confirmed address in Hong Kong."""

    def __init__(self, url: str, directory: Path) -> None:
        self.database = Database(url)
        migrations.upgrade(self.database, "backhaul.partner", tables.metadata)
        self.clock = TurnedClock(moscow("2024-08-01 12:00"))
        self.seal = keys.Seal(directory / "seal.key")
        self.desk = Desk(self.database, Partner(self.seal), self.clock)
        self.errand(lambda tx, at: errands.put_terms(tx, "policy", "quiet", QUIET, at))
        self.errand(lambda tx, at: draw_errands.publish(tx, self.seal, os.urandom, QUIET, at))
        self.chen = self.sign_up("chen@lumitek.cn", "Lumitek", "CN")
        self.link(self.chen, LUMITEK)
        self.hong_kong = self.address(self.chen, "HK", "Kwai Chung", "Unit 5B")
        self.errand(lambda tx, at: errands.confirm_destination(tx, self.supervisor(), self.hong_kong, at))
        self.clock.turn_to(moscow("2024-09-24 12:00"))

    def errand(self, run: Any) -> Any:
        """Run a change that is no command; what it gave back."""
        given: list[Any] = []

        def errand(tx: Tx, at: datetime) -> bytes:
            given.append(run(tx, at))
            return b""

        self.desk.perform_now(Errand(errand))
        return given[0]

    def sign_up(self, login: str, company: str, country: str) -> access.Account:
        form = errands.NewCompany(login, "hashed", "A person", "zh", company, country)
        self.errand(lambda tx, at: errands.sign_up(tx, form, f"token of {login}", Policy(), at))
        account_id = self.errand(lambda tx, at: errands.confirm_email(tx, f"token of {login}", at))
        with self.database.read() as tx:
            row = tx.one(access.LOGIN, login=login)
        assert row is not None
        assert row[0] == account_id
        return access.account(row[:8])

    def supervisor(self) -> access.Account:
        return access.Account(99, "sonia", Role.SUPERVISOR, "Sonia", "ru", None, owner=False, email_confirmed=True)

    def link(self, account: access.Account, seller_id: int, mode: LinkMode = LinkMode.RETURNS) -> None:
        link = errands.NewLink(seller_id, "Lumitek", BusinessType.CANCEL_ORDERS, mode, b"sealed", 2**50)
        self.errand(lambda tx, at: errands.save_link(tx, account, link, at))

    def address(self, account: access.Account, country: str, city: str, street: str) -> int:
        address = (country, city, street, "Contact")
        found: int = self.errand(lambda tx, at: errands.add_destination(tx, account, address, Policy(), at))
        return found

    def expects(self, **changes: Any) -> Parcel:
        told = announced(**changes)
        found: Parcel = self.errand(lambda tx, at: expect(tx, self.desk, told, MARKETPLACE, at))
        return found

    def gives(self, by: By, command: do.Command, at: str | None = None, *, parcel: int = ID, **more: Any) -> Answer:
        if at is not None:
            self.clock.turn_to(moscow(at))
        return self.desk.perform_now(Order(parcel, command, Known(by), **more))

    def arrives(self, at: str = "2024-10-03 16:42", *, parcel: int = ID) -> None:
        self.gives(RUSLAN, scan(moscow(at)), at, parcel=parcel)

    def it(self, parcel: int = ID) -> Parcel:
        with self.database.read() as tx:
            found = queries.one(tx, parcel)
        assert found is not None
        return found

    def code(self, parcel: int = ID) -> str:
        with self.database.read() as tx:
            return queries.around_of(tx, self.it(parcel)).pickup_code

    def letters(self) -> list[tuple[str, dict[str, Any]]]:
        outbox = tables.journal.outbox
        statement = Statement(outbox.select().order_by(outbox.c.case_id, outbox.c.seq, outbox.c.id))
        with self.database.read() as tx:
            bodies = [bytes(row[5]) for row in tx.rows(statement)]
        messages = [msgspec.json.decode(body, type=wire.Message) for body in bodies]
        return [(message.type, msgspec.json.decode(message.data)) for message in messages]

    def close(self) -> None:
        self.desk.close()
        self.database.close()


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    world = World(database_url, tmp_path)
    yield world
    world.close()


def chen(world: World) -> By:
    return world.chen.by()


def refused(world: World, by: By, command: do.Command, at: str | None = None, **more: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        world.gives(by, command, at, **more)
    return refusal.value


# -- J2: to Hong Kong ------------------------------------------------------------------------------------------------


def test_a_unit_goes_to_hong_kong_and_the_marketplace_hears_of_every_step(world: World) -> None:
    world.expects()
    world.gives(MARKETPLACE, do.NoteDispatch("Linehaul", "W-1"), "2024-09-25 09:00")
    world.arrives("2024-10-03 16:42")
    world.gives(chen(world), do.OrderMedia(), "2024-10-04 09:00")
    world.gives(VERA, do.DeliverMedia(("m1", "m2")), "2024-10-07 09:00")
    world.gives(chen(world), do.Decide("ship_hk", world.hong_kong), "2024-10-08 12:00")
    world.gives(RUSLAN, do.PrintLabel("Carrier", "T-1"), "2024-10-09 12:00")
    world.gives(RUSLAN, do.ConfirmDelivery(), "2024-10-20 12:00")

    it = world.it()
    assert (Status.DELIVERED, MediaStatus.READY) == (it.status, it.media.status)
    assert [wire.ARRIVED, wire.DECIDED, wire.HANDED_OVER, wire.HANDED_OVER] == [topic for topic, _ in world.letters()]
    arrival, decision, label, delivery = [data for _, data in world.letters()]
    assert to_us(moscow("2024-10-18 00:00")) == arrival["decide_by_us"] == decision["decide_by_us"]
    assert ("ship_hk", "arrived", "seller") == (decision["decision"], decision["parcel_status"], decision["by_whom"])
    assert ("in_work", "HK") == (label["parcel_status"], label["destination"])
    assert "delivered" == delivery["parcel_status"]


def test_every_letter_is_one_that_the_wire_can_read(world: World) -> None:
    a_life(world)
    shapes = {
        wire.ARRIVED: wire.Arrival,
        wire.MARKED: wire.Marking,
        wire.DECIDED: wire.Decision,
        wire.HANDED_OVER: wire.Handover,
        wire.DISPOSED: wire.Disposal,
    }

    topics = {topic for topic, _ in world.letters()}
    assert set(shapes) == topics
    assert all(msgspec.convert(data, shapes[topic], strict=True) for topic, data in world.letters())


def a_life(world: World) -> None:
    """Three parcels between them do everything that is told."""
    for n, parcel in enumerate((ID, ID + 1, ID + 2)):
        world.expects(return_id=parcel, return_number=f"R-{parcel}", reason_group="defect" if n == 2 else "fit")
        world.arrives("2024-10-03 16:42", parcel=parcel)
    world.gives(VERA, do.Mark(mark=Mark.COMPLETELY_DAMAGED, defect="D7", photos=("m1",)), parcel=ID + 2)
    world.gives(chen(world), do.Decide("ship_hk", world.hong_kong), "2024-10-04 10:00")
    world.gives(chen(world), do.Decide("pickup"), parcel=ID + 2)
    world.gives(RUSLAN, do.PrintLabel(), "2024-10-05 10:00")
    world.gives(RUSLAN, do.HandOver("Ivanov", world.code(ID + 2)), parcel=ID + 2)
    world.clock.turn_to(moscow("2024-10-18 11:00"))
    world.desk.sweep()
    world.gives(RUSLAN, do.StartDisposal(), parcel=ID + 1)
    world.gives(RUSLAN, do.Destroy("shredded", "Sonia", ("d1",)), parcel=ID + 1)


def test_replay_equals_the_row_and_the_chain_verifies(world: World) -> None:
    a_life(world)

    with world.database.read() as tx:
        for parcel, _ in queries.all_ids(tx):
            it, verified = queries.replay(tx, parcel)
            assert queries.one(tx, parcel) == it
            assert verified


def test_a_chain_that_somebody_touched_does_not_verify(world: World) -> None:
    world.expects()
    world.arrives()
    parcels = tables.parcels
    forge = Statement(parcels.update().values(head=b"\1" * 32))
    world.errand(lambda tx, _: tx.run(forge))

    with world.database.read() as tx:
        assert not queries.replay(tx, ID)[1]


# -- Announcements ---------------------------------------------------------------------------------------------------


def test_a_unit_announced_twice_is_one_parcel(world: World) -> None:
    first = world.expects()
    world.arrives()
    again = world.expects()

    assert first.number == again.number == "P-100001"
    assert Status.ARRIVED is again.status


def test_nobody_but_the_marketplace_announces(world: World) -> None:
    with pytest.raises(Refused) as refusal:
        world.errand(lambda tx, at: expect(tx, world.desk, announced(), RUSLAN, at))

    assert "not_your_role" == refusal.value.code


def test_a_scanner_finds_a_parcel_by_any_of_its_codes(world: World) -> None:
    world.expects(serial="sn-0042")
    world.expects(return_id=ID + 1, return_number="R-100018", seal="S-89")

    with world.database.read() as tx:
        for code in ("R-100017", " r-100017", "P-100001", "S-88", "SN-0042"):
            assert [ID] == queries.by_code(tx, code)
        for shared in ("12345678-0001-1", "700100"):
            assert [ID + 1, ID] == queries.by_code(tx, shared)
        assert [] == queries.by_code(tx, "R-1")


# -- Races and late sweeps -------------------------------------------------------------------------------------------


def test_of_two_decisions_on_one_version_the_second_is_told_that_it_came_second(world: World) -> None:
    """J12."""
    world.expects()
    world.arrives()
    seen = world.it().version
    world.gives(chen(world), do.Decide("ship_hk", world.hong_kong), "2024-10-05 10:00", seen=seen)

    assert "version_conflict" == refused(world, chen(world), do.Decide("dispose"), seen=seen).code
    world.gives(chen(world), do.Decide("dispose"), seen=seen + 1)
    assert "dispose" == world.it().decision


def test_the_same_request_twice_is_answered_once(world: World) -> None:
    """J12: a network retry prints no second label."""
    world.expects()
    world.arrives()
    order: dict[str, Any] = {"key": "k-1", "body_hash": b"same"}
    world.gives(chen(world), do.Decide("ship_hk", world.hong_kong), **order)
    version = world.it().version
    world.gives(chen(world), do.Decide("ship_hk", world.hong_kong), **order)

    assert version == world.it().version
    other: dict[str, Any] = {"key": "k-1", "body_hash": b"other"}
    assert "key_used_for_another_request" == refused(world, chen(world), do.Decide("dispose"), **other).code


def test_a_sweep_that_is_days_late_fires_everything_once_with_the_original_instants(world: World) -> None:
    world.expects()
    world.arrives("2024-10-03 16:42")
    world.clock.turn_to(moscow("2024-10-27 09:00"))

    assert (1, 0) == (world.desk.sweep(), world.desk.sweep())
    with world.database.read() as tx:
        late = [line for line in queries.history(tx, ID) if line.role == "calendar"]
    assert ["Reminded"] * 4 + ["DeadlineMissed", "DisposalInstructed"] == [line.kind for line in late]
    instants = ["2024-10-10 10:00", "2024-10-14 10:00", "2024-10-16 10:00", "2024-10-17 20:00", "2024-10-18 00:00",
                "2024-10-18 00:00"]  # fmt: skip
    assert [moscow(text) for text in instants] == [line.at for line in late]
    assert {moscow("2024-10-27 09:00")} == {line.recorded_at for line in late}


def test_the_last_second_counts_even_when_the_sweep_is_late(world: World) -> None:
    """J9."""
    world.expects()
    world.expects(return_id=ID + 1, return_number="R-100018")
    world.arrives()
    world.arrives("2024-10-03 16:42", parcel=ID + 1)
    world.gives(chen(world), do.Decide("ship_hk", world.hong_kong), "2024-10-17 23:59:58")
    late = refused(world, chen(world), do.Decide("ship_hk", world.hong_kong), "2024-10-18 00:00:00", parcel=ID + 1)

    assert ("decision_window_closed", "conflict") == (late.code, late.kind)
    assert moscow("2024-10-18 00:00:00") == late.facts["decide_by"]
    world.desk.sweep()
    assert (Status.ARRIVED, Status.DISPOSAL_DUE) == (world.it().status, world.it(ID + 1).status)


# -- Who sees and may what -------------------------------------------------------------------------------------------


def test_a_company_without_a_link_sees_nothing(world: World) -> None:
    world.expects()
    world.arrives()
    stranger = world.sign_up("elif@anadolu.tr", "Anadolu", "TR")

    with world.database.read() as tx:
        assert [] == queries.parcels_of_company(tx, stranger.company_id or 0)
        assert [ID] == [it.id for it in queries.parcels_of_company(tx, world.chen.company_id or 0)]
    assert ("not_found", "missing") == _told(refused(world, stranger.by(), do.Decide("dispose")))


def _told(refusal: Refused) -> tuple[str, str]:
    return refusal.code, refusal.kind


def test_a_lost_authorization_still_shows_and_no_longer_decides(world: World) -> None:
    """J11, R102: last data stays, the clock runs, decisions are refused; relinking restores them."""
    world.expects()
    world.arrives()
    company = world.chen.company_id or 0
    with world.database.read() as tx:
        link = queries.links_of_company(tx, company)[0]
    world.errand(lambda tx, at: platform_errands.mark_link(tx, link, LinkState.AUTHORIZATION_LOST, Policy(), at))

    assert ("authorization_lost", "forbidden") == _told(refused(world, chen(world), do.Decide("dispose")))
    with world.database.read() as tx:
        assert [ID] == [it.id for it in queries.parcels_of_company(tx, company)]
        assert to_us(world.clock.now()) == queries.links_of_company(tx, company)[0].lost_us
    world.clock.turn(timedelta(days=1))
    world.errand(lambda tx, at: platform_errands.mark_link(tx, link, LinkState.AUTHORIZATION_LOST, Policy(), at))
    with world.database.read() as tx:
        assert to_us(world.clock.now() - timedelta(days=1)) == queries.links_of_company(tx, company)[0].lost_us
    world.errand(lambda tx, at: platform_errands.mark_link(tx, link, LinkState.ACTIVE, Policy(), at))
    world.gives(chen(world), do.Decide("dispose"))
    with world.database.read() as tx:
        assert queries.links_of_company(tx, company)[0].lost_us is None


def test_a_link_that_only_views_does_not_decide(world: World) -> None:
    world.expects()
    world.arrives()
    world.link(world.chen, LUMITEK, LinkMode.VIEW_ONLY)

    assert ("link_view_only", "forbidden") == _told(refused(world, chen(world), do.Decide("dispose")))


def test_whoever_unlinked_sees_nothing_any_more(world: World) -> None:
    world.expects()
    world.arrives()
    world.errand(lambda tx, _: errands.unlink(tx, world.chen, LUMITEK))

    assert ("not_found", "missing") == _told(refused(world, chen(world), do.Decide("dispose")))


def test_an_api_key_decides_with_a_longer_hold_and_a_read_only_one_not_at_all(world: World) -> None:
    world.expects()
    world.arrives()
    writes, reads = keys.make_key(read_only=False), keys.make_key(read_only=True)
    for key, role in ((writes, access.RETURNS), (reads, access.RETURNS_READ_ONLY)):
        world.errand(lambda tx, at, k=key, r=role: errands.create_key(tx, world.chen, r, r, k, Policy(), at))

    def decide(key: keys.NewKey) -> Answer:
        return world.desk.perform_now(Order(ID, do.Decide("dispose"), KeyCaller(key.text)))

    with pytest.raises(Refused) as read_only:
        decide(reads)
    assert ("role_read_only", "forbidden") == _told(read_only.value)
    decide(writes)
    assert world.clock.now() + timedelta(hours=24) == world.it().disposal.hold_until
    world.errand(lambda tx, at: errands.revoke_key(tx, world.chen, writes.public_id, at))
    with pytest.raises(Refused) as revoked:
        decide(writes)
    assert ("key_revoked", "forbidden") == _told(revoked.value)


def test_the_code_of_a_collector_is_the_sellers_and_in_no_event(world: World) -> None:
    world.expects()
    world.arrives()
    world.gives(chen(world), do.Decide("pickup"), "2024-10-05 10:00")
    code = world.code()
    wrong = "000000" if code != "000000" else "111111"

    assert ("wrong_code", "forbidden") == _told(refused(world, RUSLAN, do.HandOver("Ivanov", wrong)))
    with world.database.read() as tx:
        assert all(code not in row[3] for row in tx.rows(tables.journal.history, case_id=ID))
    world.gives(RUSLAN, do.HandOver("Ivanov", code))
    assert (Status.PICKED_UP, "Ivanov") == (world.it().status, world.it().collector)


# -- Addresses -------------------------------------------------------------------------------------------------------


def test_addresses_of_a_turkish_company(world: World) -> None:
    """J10."""
    elif_ = world.sign_up("elif@anadolu.tr", "Anadolu", "TR")

    def told(country: str, city: str, street: str = "Street 1") -> str:
        with pytest.raises(Refused) as refusal:
            world.address(elif_, country, city, street)
        assert "invalid" == refusal.value.kind
        return refusal.value.code

    assert "destination_not_allowed" == told("TR", "Istanbul")
    assert "destination_not_in_your_variant" == told("HK", "Kwai Chung")
    assert "address_contradicts_country" == told("RU", "İstanbul")
    kazan = world.address(elif_, "RU", "Kazan", "OOO Volga Depo, Street 1")
    with world.database.read() as tx:
        assert [kazan] == [it.id for it in queries.destinations_of_company(tx, elif_.company_id or 0)]


def test_an_address_is_confirmed_by_a_second_person(world: World) -> None:
    new = world.address(world.chen, "HK", "Kowloon", "Road 7")

    with pytest.raises(Refused) as refusal:
        world.errand(lambda tx, at: errands.confirm_destination(tx, world.chen, new, at))
    assert ("second_person_needed", "forbidden") == _told(refusal.value)
    company = world.chen.company_id
    world.errand(
        lambda tx, _: errands.add_account(tx, "liuna@lumitek.cn", "hashed", Role.SELLER, "Liu Na", "zh", company)
    )
    with world.database.read() as tx:
        row = tx.one(access.LOGIN, login="liuna@lumitek.cn")
    assert row is not None
    world.errand(lambda tx, at: errands.confirm_destination(tx, access.account(row[:8]), new, at))
    with world.database.read() as tx:
        confirmed = {it.id: it.confirmed_at for it in queries.destinations_of_company(tx, company or 0)}
    assert world.clock.now() == confirmed[new]


# -- Accounts --------------------------------------------------------------------------------------------------------


def test_an_account_signs_in_after_its_email_is_confirmed_once(world: World) -> None:
    """J1: signed up, confirmed, unlinked."""
    form = errands.NewCompany("Elif@Anadolu.tr", keys.hash_password("secret"), "Elif", "en", "Anadolu", "TR")
    world.errand(lambda tx, at: errands.sign_up(tx, form, "the token", Policy(), at))
    with world.database.read() as tx:
        account = access.account_of_login(tx, "elif@anadolu.tr", "secret")
        assert access.account_of_login(tx, "elif@anadolu.tr", "wrong") is None
    assert account is not None

    with pytest.raises(Refused) as refusal:
        world.errand(lambda tx, at: errands.sign_in(tx, account, "session", at))
    assert "email_not_confirmed" == refusal.value.code
    world.errand(lambda tx, at: errands.confirm_email(tx, "the token", at))
    with pytest.raises(Refused):
        world.errand(lambda tx, at: errands.confirm_email(tx, "the token", at))
    with world.database.read() as tx:
        account = access.account_of_login(tx, "elif@anadolu.tr", "secret")
    assert account is not None
    world.errand(lambda tx, at: errands.sign_in(tx, account, "session", at))
    with world.database.read() as tx:
        assert account == access.account_of_session(tx, "session", world.clock.now())
        assert access.account_of_session(tx, "session", world.clock.now() + timedelta(days=31)) is None
    with pytest.raises(Refused) as taken:
        world.errand(lambda tx, at: errands.sign_up(tx, form, "another", Policy(), at))
    assert "login_taken" == taken.value.code


# -- Queues and money ------------------------------------------------------------------------------------------------


def test_every_queue_holds_what_waits_in_it(world: World) -> None:
    def ids(name: str, *more: Any) -> list[int]:
        with world.database.read() as tx:
            return [it.id for it in getattr(queries, name)(tx, *more)]

    world.expects()
    assert [ID] == ids("expected")
    world.expects(return_id=ID + 1, return_number="R-100018", reason_group="defect")
    for parcel in (ID, ID + 1):
        world.arrives("2024-10-03 16:42", parcel=parcel)
    assert ([], [ID + 1]) == (ids("expected"), ids("inspection_queue"))
    substituted = do.Mark(mark=Mark.SUBSTITUTED, photos=("a", "b", "c"), comparison="another serial")
    world.gives(VERA, substituted, parcel=ID + 1)
    assert ([], [ID + 1]) == (ids("inspection_queue"), ids("second_look_queue"))
    world.gives(TIMUR, do.ConfirmMark(), parcel=ID + 1)
    assert [] == ids("second_look_queue")
    world.gives(chen(world), do.OrderMedia())
    assert [ID] == ids("media_queue")
    world.gives(VERA, do.DeliverMedia(("m1",)), "2024-10-04 10:00")
    world.gives(chen(world), do.Decide("ship_hk", world.hong_kong))
    world.gives(chen(world), do.Decide("pickup"), parcel=ID + 1)
    assert ([ID], [ID + 1]) == (ids("label_queue"), ids("pickup_queue"))
    world.gives(chen(world), do.Decide("dispose"), parcel=ID + 1)
    assert ([], [ID + 1], []) == (ids("pickup_queue"), ids("disposal_queue", DisposalStatus.HELD), ids("disposal_due"))
    world.clock.turn(timedelta(hours=2))
    world.desk.sweep()
    assert [ID + 1] == ids("disposal_queue")


def test_charges_are_in_the_partners_ledger_and_add_up(world: World) -> None:
    """J14 for one unit: receipt, photos, Hong Kong, four midnights of storage."""
    world.expects()
    world.arrives("2024-10-03 16:42")
    world.gives(chen(world), do.OrderMedia(), "2024-10-04 09:00")
    world.gives(VERA, do.DeliverMedia(("m1",)), "2024-10-07 09:00")
    world.gives(chen(world), do.Decide("ship_hk", world.hong_kong), "2024-10-08 12:00")
    world.gives(RUSLAN, do.PrintLabel(), "2024-10-12 12:00")

    with world.database.read() as tx:
        charges = invoice_queries.statement(tx, [LUMITEK], "2024-10")
        lines = [(charge.service, str(charge.amount)) for charge in charges]
        assert cny("85.00") == queries.balance(tx, LUMITEK)
        assert cny("0.00") == queries.balance(tx, ANADOLU)
        accounts = {name for entry in queries.entries(tx, ID) for name in (entry.debit, entry.credit)}
    expected = {("receipt", "6.00 CNY"), ("media", "5.00 CNY"), ("ship_hk", "68.00 CNY"), ("storage", "6.00 CNY")}
    assert expected == set(lines)
    assert {f"receivable:seller:{LUMITEK}"} == {name for name in accounts if not name.startswith("income:")}


def test_a_new_tariff_holds_from_its_day_for_everybody(world: World) -> None:
    dearer = msgspec.structs.replace(
        SEED_TARIFF, version="2", prices_minor={**SEED_TARIFF.prices_minor, Service.RECEIPT: 7_00}
    )
    world.errand(lambda tx, _: errands.put_terms(tx, "tariff", "2", dearer, moscow("2024-10-03 00:00")))
    world.expects()
    world.arrives("2024-10-03 16:42")

    with world.database.read() as tx:
        assert cny("7.00") == queries.balance(tx, LUMITEK)


def test_a_supervisor_reopens_and_the_seller_decides(world: World) -> None:
    world.expects()
    world.arrives()
    world.clock.turn_to(moscow("2024-10-18 00:00"))
    world.desk.sweep()
    world.gives(SONIA, do.Reopen("The seller's line was down."), "2024-10-18 09:00")
    world.gives(chen(world), do.Decide("ship_hk", world.hong_kong), "2024-10-21 23:59:59")

    assert (Status.ARRIVED, "ship_hk", DisposalStatus.NONE) == (
        world.it().status,
        world.it().decision,
        world.it().disposal.status,
    )
