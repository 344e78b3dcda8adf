"""The chart of accounts: what each event charges the seller. The ledger is the partner's alone."""

from backhaul.kit.ledger import Entry
from backhaul.kit.money import Money
from backhaul.partner.rules import events as e
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Service


def receivable(seller_id: int) -> str:
    """What this seller owes the partner."""
    return f"receivable:seller:{seller_id}"


def income(service: Service) -> str:
    """What a service has brought in."""
    return f"income:{service}"


def entries(it: Parcel, event: e.Any) -> list[Entry]:
    """The postings of one event; `it` is the parcel after the event. Most events charge nothing."""
    return [
        Entry(receivable(it.seller_id), income(service), amount, f"{cause}:{it.id}")
        for service, amount, cause in _charges(it, event)
        if amount.minor > 0
    ]


def _charges(it: Parcel, event: e.Any) -> list[tuple[Service, Money, str]]:
    if isinstance(event, e.Arrived):
        return [(Service.RECEIPT, event.fee, "receipt")]
    if isinstance(event, e.MediaOrdered):
        return [(Service.MEDIA, event.fee, "media")]
    if isinstance(event, e.LabelPrinted):
        return [(Service(it.decision), event.fee, "shipping"), (Service.STORAGE, event.storage, "storage")]
    if isinstance(event, e.HandedOver | e.DisposalStarted):
        return [(Service.STORAGE, event.storage, "storage")]
    if isinstance(event, e.Destroyed):
        return [(Service.DISPOSAL, event.fee, "disposal")]
    return []
