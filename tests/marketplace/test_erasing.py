"""Erasing a person: nothing of them is found in the database, its log, files and backups, and the chain of events still verifies (PRV-1)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from backhaul.kit.blobs import Blob
from backhaul.kit.database import Database
from backhaul.marketplace import person_errands, person_queries, queries, tables
from backhaul.marketplace.person_queries import Asked
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.erasure import Hold, State, Why
from backhaul.marketplace.rules.words import Status
from tests.doors import files_below
from tests.marketplace.cast import ELIF, IRINA, MUG, NADIA, THROW, Market, market
from tests.marketplace.people import calling, let_in
from tests.marketplace.test_who_the_customer_is import NAME, READ, REF, WROTE, hits, planted, session_of, written
from tests.partner.house import picture


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        opened.errand(lambda tx, _: planted(tx))
        yield opened


def over(shop: Market) -> int:
    """A return with the customer's words in every act, at its end."""
    return_id = written(shop)
    shop.does(
        NADIA,
        return_id,
        do.DecideDispute(for_customer=False, comment="The soles are worn through and the laces are gone."),
    )
    return return_id


def asked(shop: Market) -> Asked:
    found: list[Asked] = []
    shop.errand(lambda tx, at: found.append(person_errands.ask(tx, shop.office.desk, REF, f"customer:{REF}", at)))
    shop.office.erasing.finish(found[0])
    return newest(shop)


def newest(shop: Market) -> Asked:
    with shop.office.database.read() as tx:
        found = person_queries.newest_of(tx, REF)
    assert found is not None
    return found


def at_rest(shop: Market) -> None:
    while shop.office.tick() + shop.office.mailing.send_due():
        pass


def stored(database_url: str, data: Path) -> dict[str, list[str]]:
    """Where canaries stand: in files of the database and beside it, and in rows."""
    url = make_url(database_url)
    files = list(files_below(data))
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        files += [one for one in path.parent.glob(f"{path.name}*") if one.is_file()]
    found = {one.name: hits(one.read_bytes().decode("utf-8", "replace")) for one in files}
    engine = Database(database_url).engine()
    with engine.connect() as connection:
        for table in tables.metadata.tables.values():
            rows = connection.execute(sa.select(table)).all()
            found[table.name] = hits(" ".join(text_of(value) for row in rows for value in row))
    engine.dispose()
    return {name: told for name, told in found.items() if told}


def text_of(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, memoryview | bytes) else str(value)


def compacted(database_url: str) -> None:
    """What an administrator does after an erasure: the log of SQLite ends, free pages go."""
    if make_url(database_url).get_backend_name() != "sqlite":
        return
    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def test_after_an_erasure_nothing_of_the_person_is_found_and_the_chain_verifies(
    database_url: str, tmp_path: Path
) -> None:
    with market(database_url, tmp_path) as shop:
        shop.errand(let_in)
        shop.errand(lambda tx, _: planted(tx))
        theirs = shop.office.blobs.put_picture(picture("orange")).id
        shop.errand(lambda tx, at: tables.book.keep(tx, Blob(theirs, "image/jpeg", 1), queries.uploader_of(IRINA), at))
        left = shop.office.blobs.put_picture(picture("purple")).id
        shop.errand(lambda tx, at: tables.book.keep(tx, Blob(left, "image/jpeg", 1), queries.uploader_of(IRINA), at))
        return_id = over(shop)
        with calling(shop) as call:
            drafted = call(session_of(shop)).post("/api/v1/orders/1/returns", json={
                "reason": "did_not_like", "comment": WROTE, "photos": [theirs], "send": True}).json()["return_id"]  # fmt: skip
            shop.does(IRINA, drafted, do.Cancel())
            call("marina").post(f"/api/v1/returns/{return_id}/messages", json={"text": f"Dear {NAME}."})
            call(shop.key(ELIF)).post(
                "/api/v1/returns-reports", json={"first_day": "2024-09-01", "last_day": "2024-09-30"}
            )
        at_rest(shop)
        data = tmp_path / "data"
        before = stored(database_url, data)
        folded = {one: replayed(shop, one) for one in (return_id, drafted)}
        done = asked(shop)
        at_rest(shop)
        compacted(database_url)
        after = {one: replayed(shop, one) for one in (return_id, drafted)}
        files = [shop.office.blobs.has(one) for one in (theirs, left, shop.photo)]
        seen = shop.now_is(return_id)

    assert {"customers", "accounts", "mails"} <= before.keys()  # the canaries were there
    assert {} == stored(database_url, data)
    assert State.DONE is done.state
    assert folded == after
    assert all(verifies for _, verifies in after.values())
    assert [False, False, False] == files
    assert done.it.destroyed is not None
    assert (1, 2, 0) == (done.it.destroyed.accounts, done.it.destroyed.returns_kept, done.it.destroyed.open_words)
    assert seen.comment.startswith("sealed:")


def replayed(shop: Market, return_id: int) -> tuple[object, bool]:
    with shop.office.database.read() as tx:
        return queries.replay(tx, return_id)


def test_a_report_in_the_making_begins_anew_without_what_it_had_read(shop: Market) -> None:
    over(shop)
    shop.office.reports.slice_rows = 1
    with calling(shop) as call:
        key = call(shop.key(ELIF))
        wanted = {"first_day": "2024-09-01", "last_day": "2024-09-30", "kind": "csv"}
        report = key.post("/api/v1/returns-reports", json=wanted).json()["id"]
        assert [1, 1] == [shop.office.reports.work(), shop.office.reports.work()]  # it has read the return
        making = key.get(f"/api/v1/returns-reports/{report}").json()
        asked(shop)
        at_rest(shop)
        file = key.get(f"/api/v1/returns-reports/{report}/file").text

    assert ("running", 1) == (making["state"], making["rows_found"])
    assert ("Erased: the person asked" in file, READ in file) == (True, False)


def test_what_is_open_holds_and_is_named(shop: Market) -> None:
    waiting = shop.draft(THROW)
    shop.does(IRINA, waiting, do.Submit())
    first = asked(shop)
    assert (State.HELD, (Hold(Why.OPEN_RETURN, f"R-{waiting}", return_id=waiting),)) == (first.state, first.it.holds)
    with shop.office.database.read() as tx:
        assert person_queries.address(tx, REF)  # nothing was touched

    shop.does(IRINA, waiting, do.Cancel())
    assert shop.office.erasing.work() == 0  # looked at once a day
    shop.clock.turn(timedelta(days=1))
    at_rest(shop)
    assert State.DONE is newest(shop).state


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.REFUNDED_WITHOUT_RETURN, Why.UNPAID_MONEY),
        (Status.DISPUTE, Why.OPEN_CLAIM),
        (Status.APPROVED, Why.OPEN_RETURN),
    ],
)
def test_money_and_disputes_hold(shop: Market, status: Status, why: Why) -> None:
    return_id = shop.in_status(status, MUG)
    assert (Hold(why, f"R-{return_id}", return_id=return_id),) == asked(shop).it.holds


def test_who_was_erased_reads_so_everywhere_and_cannot_sign_in(shop: Market) -> None:
    return_id = over(shop)
    with calling(shop) as call:
        customer = call(session_of(shop))
        assert 200 == customer.get("/api/v1/returns").status_code
        asked(shop)
        told = call("marina").get(f"/api/v1/returns/{return_id}", headers={"accept-language": "en"}).json()
        sellers = call(shop.key(ELIF)).get(f"/api/v1/returns/{return_id}").json()
        gone = customer.get("/api/v1/returns")

    assert ("Erased: the person asked for it, or its time was over.",) * 2 == (told["comment"], told["dispute_comment"])
    assert told["comment"] == sellers["comment"]
    assert 401 == gone.status_code
