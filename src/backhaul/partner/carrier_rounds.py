"""The rounds to the carrier: manifests of what was closed go out, files of statuses come in. What fails waits for the next round."""

import logging
from datetime import datetime

import msgspec

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, DatabaseError, Tx
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.machine import Refused
from backhaul.partner import carrier_errands, consignment_errands, consignment_queries
from backhaul.partner.carriers import Carrier, legible
from backhaul.partner.perform import Partner
from backhaul.partner.rules.around import By
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Role
from backhaul.partner.shapes import CarrierResult, Signed

LOG = logging.getLogger("backhaul.carriers")


class CarrierRounds(msgspec.Struct):
    """One carrier and the house that it works for."""

    database: Database
    desk: Desk[Parcel]
    house: Partner
    clock: Clock
    carrier: Carrier

    def make_due(self) -> int:
        """Both ways once; how much was done."""
        try:
            return self._send() + self._take()
        except OSError:
            LOG.exception("the carrier's directory does not answer")
            return 0

    def _send(self) -> int:
        with self.database.read() as tx:
            waiting = consignment_queries.unannounced(tx)
        for it in waiting:
            self.carrier.announce(it)
            self._announced(it.id)
        return len(waiting)

    def _announced(self, consignment_id: int) -> None:
        def run(tx: Tx, at: datetime) -> None:
            consignment_errands.announced(tx, consignment_id, at)

        self.desk.perform_now(Errand(run))

    def _take(self) -> int:
        taken = 0
        for name, data in self.carrier.collect():
            try:
                result = self._result(name, data)
            except DatabaseError:
                LOG.exception("a carrier's file waits")
                break
            self.carrier.put_away(name, result)
            taken += 1
        return taken

    def _result(self, name: str, data: bytes) -> CarrierResult:
        """What came of a file. It waits while the database does not answer, and for nothing else."""
        name = legible(name)
        by = By(Role.CARRIER, f"file:{name}"[:80])

        def run(tx: Tx, at: datetime) -> bytes:
            taken = carrier_errands.take_file(tx, self.desk, name, data, self.house.terms, Signed(by, at))
            return msgspec.json.encode(taken)

        try:
            return msgspec.json.decode(self.desk.perform_now(Errand(run)).body, type=CarrierResult)
        except Refused as refused:
            if refused.kind == "away" and refused.code != "failed":
                raise DatabaseError(refused.code) from refused
            return CarrierResult(name, 0, 0, (carrier_errands.aside(0, {}, refused),))
