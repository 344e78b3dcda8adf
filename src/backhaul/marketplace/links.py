"""What people show at a counter as GS1 Digital Links: the drop-off pass, and the bar code of a seller's collector."""

from typing import Any

import msgspec
from litestar import Request

from backhaul.kit import digital_link
from backhaul.kit.digital_link import GDTI
from backhaul.marketplace.office import Office

PASS, GIVEOUT = 1, 2


class Links(msgspec.Struct, frozen=True):
    """`web` is where people reach this house, `prefix` its GS1 company prefix."""

    web: str
    prefix: str

    def drop_off(self, code: str) -> str:
        """What the square code of a drop-off pass says: its link, or the code when there is no link for it."""
        return self._of(PASS, code.replace("-", ""), code)

    def giveout(self, barcode: str) -> str:
        """The same for what a seller's collector shows at the partner."""
        return self._of(GIVEOUT, barcode, barcode)

    def _of(self, kind: int, serial: str, code: str) -> str:
        found = digital_link.gdti(self.prefix, kind, serial)
        return digital_link.uri(self.web, GDTI, found) if found else code


def of(office: Office, request: Request[Any, Any, Any]) -> Links:
    """By the address in the policy, else by the one at which this page was opened."""
    policy = office.house.terms.policy
    return Links(policy.public_address.rstrip("/") or str(request.base_url).rstrip("/"), policy.gs1_prefix)
