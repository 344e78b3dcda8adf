"""The independent checker: looks at the rows of both houses after every step and holds them against the rules.

It shares nothing with the product: it reads SQL rows and JSON, keeps plain dicts, and was written from the text of the rules.
"""

from typing import Any

from tests.simulation.checker import goods, letters, money, parcels
from tests.simulation.checker.acks import OVER, Acks
from tests.simulation.checker.chain import Chain
from tests.simulation.checker.rows import Fault, Row, Rows, said


class Checker:
    """What it has seen so far. `facts`: who is who, as plain words: `clerks` by login, `sellers` by actor, `reads_only` actors."""

    def __init__(self, marketplace: str, partner: str, facts: dict[str, Any]) -> None:
        self.m, self.p = Rows(marketplace), Rows(partner)
        self.facts = facts
        self.chains = {"marketplace": Chain(self.m, "returns"), "partner": Chain(self.p, "parcels")}
        self.returns: dict[int, Row] = {}
        self.parcels: dict[int, Row] = {}
        self.to_partner = letters.Post("marketplace", "partner")
        self.to_marketplace = letters.Post("partner", "marketplace")
        self.acks = Acks()
        self.expires: dict[str, int] = {
            f"key:{row['public_id']}": row["expires_us"]
            for rows in (self.m, self.p)
            for row in rows.all_of("SELECT public_id, expires_us FROM api_keys")
        }
        self.looks = 0
        self.events = 0
        self.latest: list[tuple[str, str, int]] = []  # what the last look saw: house, event, case

    def look(self, marketplace_us: int, partner_us: int) -> None:
        """After a step: everything that is new. `Fault` when an invariant does not hold."""
        self.looks += 1
        self.latest.clear()
        new = {table: (self.m.news(table), self.p.news(table)) for table in Rows.TABLES}
        self.events += len(new["events"][0]) + len(new["events"][1])
        self._marketplace(new["events"][0], new["entries"][0], new["outbox"][0], marketplace_us)
        self._partner(new["events"][1], new["entries"][1], new["outbox"][1], partner_us)
        self.to_partner.take(new["answers"][1])
        self.to_marketplace.take(new["answers"][0])
        self.to_partner.apply(new["events"][1])
        self.to_marketplace.apply(new["events"][0])
        for house, n in (("marketplace", 0), ("partner", 1)):
            for table in ("events", "entries"):
                self.chains[house].keep(table, new[table][n])
            self.acks.see(house, new["events"][n])
        if self.looks % 10 == 0:
            self.sent()
        self._units()

    def _marketplace(self, events: list[Row], entries: list[Row], outbox: list[Row], now: int) -> None:
        self.chains["marketplace"].follow(events, now)
        posted = _by_event(entries)
        wanted: dict[tuple[int, int], str] = {}
        for event in events:
            self._who("marketplace", event)
            words, case = said(event), self.returns.setdefault(event["case_id"], {})
            self.latest.append(("marketplace", event["kind"], event["case_id"]))
            if event["kind"] == "Requested":
                money.born(case, words)
            goods.moved(case, event, words, self.facts["clerks"])
            goods.mirrored(case, event, words)
            postings = money.happened(case, event, words)
            key = event["case_id"], event["seq"]
            money.booked(f"{event['kind']} of {key}", postings, posted.pop(key, []))
            if letters.announced(case, event, words):
                wanted[key] = event["kind"]
        for case_id in {event["case_id"] for event in events}:
            money.unpaid(self.returns[case_id], case_id)
        if left := {key: rows for key, rows in posted.items() if key[0] > 0}:
            raise Fault("MNY-1", f"postings without an event: {left}")
        self.to_partner.write(outbox, wanted)
        self._compare("returns", self.returns, ("status",))

    def _partner(self, events: list[Row], entries: list[Row], outbox: list[Row], now: int) -> None:
        self.chains["partner"].follow(events, now)
        posted = _by_event(entries)
        wanted: dict[tuple[int, int], str] = {}
        book = (
            {row["id"]: row for row in self.p.all_of("SELECT id, confirmed_us, created_us FROM destinations")}
            if events
            else {}
        )
        for event in events:
            self._who("partner", event)
            words, case = said(event), self.parcels.setdefault(event["case_id"], {})
            self.latest.append(("partner", event["kind"], event["case_id"]))
            charges = parcels.happened(case, event, words, book)
            key = event["case_id"], event["seq"]
            money.booked(f"{event['kind']} of {key}", charges, posted.pop(key, []))
            if event["kind"] in letters.REPORTED:
                wanted[key] = event["kind"]
        if left := {key: rows for key, rows in posted.items() if key[0] > 0}:
            raise Fault("MNY-1", f"charges without an event: {left}")
        self.to_marketplace.write(outbox, wanted)
        self._compare("parcels", self.parcels, ("status", "decision"))

    def _compare(self, table: str, cases: dict[int, Row], names: tuple[str, ...]) -> None:
        """EVT-2: the row says what follows from its events."""
        rows = self.m if table == "returns" else self.p
        for row in rows.all_of(f"SELECT id, {', '.join(names)} FROM {table}"):  # noqa: S608
            ours = cases.get(row["id"], {})
            for name in names:
                if row[name] != ours.get(name):
                    raise Fault(
                        "EVT-2", f"{name} of {row['id']} is {row[name]} in its row; its events say {ours.get(name)}"
                    )

    def _who(self, house: str, event: Row) -> None:
        """PRM-1, TEN-1: who looks only does nothing, and nobody acts on what is another seller's."""
        actor = event["actor"]
        if actor in self.facts["reads_only"]:
            raise Fault("PRM-1", f"{event['kind']} of {event['case_id']} by {actor}, which may only look")
        revoked = self.facts["revoked"].get(actor)
        if revoked is not None and event["recorded_us"] > revoked:
            raise Fault("PRM-1", f"{event['kind']} of {event['case_id']} by {actor}, which was revoked")
        if self.expires.get(actor, event["recorded_us"] + 1) <= event["recorded_us"]:
            raise Fault("PRM-1", f"{event['kind']} of {event['case_id']} by {actor}, which has expired")
        owner = self.facts["sellers"].get(actor)
        cases = self.returns if house == "marketplace" else self.parcels
        if owner is not None and cases.get(event["case_id"], {}).get("seller", owner) != owner:
            raise Fault("TEN-1", f"{event['kind']} of {event['case_id']} by {actor} of seller {owner}")

    def credential(self, actor: str, asked: str, code: str, now_us: int) -> None:
        """PRM-1: a key that is over is told so whatever it asks, one that is not never. `code`: "" when it was answered."""
        over = "key_revoked" if actor in self.facts["revoked"] else ""
        if not over and self.expires[actor] <= now_us:
            over = "key_expired"
        if (over or code in OVER) and code != over:
            raise Fault("PRM-1", f"{asked} by {actor} is answered {code or 'as by a good key'}; it is {over or 'good'}")

    def version(self, house: str, case_id: int) -> int:
        """How many events of a case were seen so far."""
        return self.chains[house].heads.get(case_id, (0, b""))[0]

    def _units(self) -> None:
        """GDS-1: a unit is on its way back in one return only."""
        holders: dict[Any, int] = {}
        for key, case in self.returns.items():
            if case["status"] in ("cancelled", "closed_no_reply", "dropoff_expired", "refused_at_pvz", "rejected"):
                continue
            other = holders.setdefault(case["unit"], key)
            if other != key:
                raise Fault("GDS-1", f"unit {case['unit']} is in returns {other} and {key}")

    def sent(self) -> None:
        """OUT-1 over all letters of both houses."""
        columns = "id, sent_us, next_us, answer"
        self.to_partner.marks(self.m.all_of(f"SELECT {columns} FROM outbox"))  # noqa: S608
        self.to_marketplace.marks(self.p.all_of(f"SELECT {columns} FROM outbox"))  # noqa: S608

    def rested(self, house: str, now_us: int) -> None:
        """After a round of the workers in which nothing was left to be done."""
        if house == "marketplace":
            goods.forgotten(self.returns, now_us)
        else:
            parcels.forgotten(self.parcels, now_us)

    def healed(self, now_us: int) -> None:
        """The wire is whole for forty days, both houses ran: what is left undone was forgotten."""
        self.sent()
        for rows, house in ((self.m, "marketplace"), (self.p, "partner")):
            waiting = rows.all_of("SELECT id, tries, answer FROM outbox WHERE sent_us IS NULL")
            if waiting:
                raise Fault("OUT-1", f"letters of the {house} still wait: {waiting[:3]}")
        letters.agree(self.returns, self.parcels)
        for key, case in self.returns.items():
            if case["refund"] == "held" and case["send_at"] < now_us:
                raise Fault("MNY-8", f"the refund of {key} should have been sent at {case['send_at']}")
            if case["compensation"] == "accrued" and case["credit_at"] < now_us:
                raise Fault("MNY-8", f"the compensation of {key} should have been credited at {case['credit_at']}")
            self._compensated(key, case)
        for chain in self.chains.values():
            chain.unchanged()
        self.acks.settled()

    def _compensated(self, key: int, case: Row) -> None:
        """P15: what goes to disposal with a refund sent, and with nothing else that pays for it, is compensated."""
        out = case["refund"] in money.OUT and case.get("route") == "A"
        settled = case["claim"] == "none" and case["status"] != "lost" and case["weighed"] != "open"
        if out and settled and case["weighed"] == "none" and case["compensation"] == "none" and money.due(case) > 0:
            raise Fault("MNY-8", f"{key} is compensated by nobody; the table says {money.due(case)}")

    def close(self) -> None:
        self.m.close()
        self.p.close()


def _by_event(entries: list[Row]) -> dict[tuple[int, int], list[Row]]:
    found: dict[tuple[int, int], list[Row]] = {}
    for row in entries:
        found.setdefault((row["case_id"], row["seq"]), []).append(row)
    return found
