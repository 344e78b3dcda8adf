"""The partner's units, orphans and cartons as GS1 Digital Links, for its labels and its resolver."""

from typing import Any

import msgspec
from litestar import Request

from backhaul.kit import digital_link
from backhaul.kit.digital_link import SSCC
from backhaul.partner.office import Office
from backhaul.partner.rules.consignments import Consignment
from backhaul.partner.rules.orphans import Orphan
from backhaul.partner.rules.parcels import Parcel

UNIT, ORPHAN, CARTON = 1, 2, 3
UNIT_PREFIX = "P-"
CARTONS_MAX = 1000  # of a consignment, as the serial number of a carton is made


class Links(msgspec.Struct, frozen=True):
    """`web` is where people reach this house, `prefix` its GS1 company prefix."""

    web: str
    prefix: str

    def unit(self, it: Parcel) -> str:
        """What the square code on a unit's label says: its link, or its number when there is no link for it."""
        return self._of(UNIT, int(it.number.removeprefix(UNIT_PREFIX)), it.number)

    def orphan(self, it: Orphan) -> str:
        """The same for a parcel in the orphan bay."""
        return self._of(ORPHAN, it.id, it.number)

    def carton(self, it: Consignment, carton: int, code: str) -> str:
        """The same for a carton, whose number is `code`."""
        return self._of(CARTON, it.id * CARTONS_MAX + carton, code) if carton < CARTONS_MAX else code

    def _of(self, kind: int, serial: int, number: str) -> str:
        found = digital_link.sscc(self.prefix, kind, serial)
        return digital_link.uri(self.web, SSCC, found, _91=number) if found else number


def of(office: Office, request: Request[Any, Any, Any]) -> Links:
    """By the address in the policy, else by the one at which this page was opened."""
    policy = office.house.terms.policy
    return Links(policy.public_address.rstrip("/") or str(request.base_url).rstrip("/"), policy.gs1_prefix)
