"""The words of the search: what groups of finds are called."""

from backhaul.kit.i18n import N_

GROUPS = {
    "number": N_("Returns by number"),
    "code": N_("Return of the drop-off pass"),
    "posting": N_("Returns by posting"),
    "waybill": N_("Returns by waybill"),
    "sku": N_("Returns by product"),
    "who": N_("Customers"),
    "customer": N_("Returns of the customer"),
    "block": N_("Blocks"),
    "person": N_("People"),
    "key": N_("API keys"),
    "seller": N_("Sellers"),
    "point": N_("Points"),
}
REFUND = N_("Refund: {state}")
CLAIM = N_("Claim: {state}")
DISPUTE = N_("Dispute")
