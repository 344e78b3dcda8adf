"""The words of consignments and of their papers. Every text is an English msgid; the catalogues translate it."""

from backhaul.kit.i18n import N_

CONSIGNMENT_STATUSES = {
    "open": N_("Being packed"),
    "closed": N_("Packed, waits for the carrier"),
    "dispatched": N_("On its way"),
    "partly_delivered": N_("Partly delivered"),
    "delivered": N_("Delivered"),
    "lost": N_("Lost by the carrier"),
    "cancelled": N_("Cancelled"),
}
TRACKING_STATUSES = {
    "accepted": N_("Taken over by the carrier"),
    "in_transit": N_("On its way"),
    "customs": N_("At customs"),
    "out_for_delivery": N_("Out for delivery"),
    "exception": N_("Something is in the way"),
    "delivered": N_("Delivered"),
    "lost": N_("Lost"),
}
CONSIGNMENT_EVENTS = {
    "ConsignmentOpened": N_("Consignment opened"),
    "UnitPacked": N_("Unit packed"),
    "UnitTakenOut": N_("Unit taken out"),
    "CartonAdded": N_("Carton begun"),
    "CartonMeasured": N_("Carton measured"),
    "CartonRemoved": N_("Carton removed"),
    "GoodsDeclared": N_("Customs data given"),
    "ConsignmentClosed": N_("Closed, labels printed"),
    "ConsignmentCancelled": N_("Cancelled"),
    "ConsignmentDispatched": N_("Taken over by the carrier"),
    "TrackingNoted": N_("News from the carrier"),
    "ConsignmentDelivered": N_("Delivered"),
    "ConsignmentLost": N_("Lost by the carrier"),
}
CONSIGNMENT_ACTS = {
    "pack-unit": N_("Pack a unit"),
    "take-out-unit": N_("Take out"),
    "add-carton": N_("Begin another carton"),
    "measure-carton": N_("Measure a carton"),
    "remove-carton": N_("Remove the carton"),
    "declare-goods": N_("Save the customs data"),
    "close-consignment": N_("Close and print the labels"),
    "cancel-consignment": N_("Cancel the consignment"),
    "dispatch-consignment": N_("Hand over to the carrier"),
    "note-tracking": N_("Note where it is"),
    "deliver-consignment": N_("Confirm the delivery"),
    "note-consignment-lost": N_("Note it as lost"),
}
DOCUMENTS = {
    "packing-list": N_("Packing list"),
    "return-invoice": N_("Return invoice (proforma)"),
    "customs-note": N_("Customs note"),
    "carton-labels": N_("Carton labels"),
}
HELD_BACK = {
    "inspection_not_done": N_("waits for its inspection"),
    "media_not_ready": N_("waits for its photos"),
    "destination_not_confirmed": N_("the address is not confirmed"),
    "destination_too_new": N_("the address is new"),
    "in_quarantine": N_("in quarantine"),
}
HELD_OTHERWISE = N_("held back")

# What stands on paper, once in English and once in the language of the destination.
PAPER = {
    "number": N_("Number"),
    "date": N_("Date"),
    "consignment": N_("Consignment"),
    "from": N_("Sender"),
    "to": N_("Receiver"),
    "carrier": N_("Carrier"),
    "carton": N_("Carton"),
    "cartons": N_("Cartons"),
    "size": N_("Size, cm"),
    "gross": N_("Weight, kg"),
    "chargeable": N_("Chargeable weight, kg"),
    "unit": N_("Unit"),
    "goods": N_("Goods"),
    "article": N_("Article"),
    "order": N_("Original order"),
    "return": N_("Return"),
    "quantity": N_("Quantity"),
    "value": N_("Customs value"),
    "hs_code": N_("HS code"),
    "origin": N_("Country of origin"),
    "total": N_("Total"),
    "units": N_("Units"),
    "signature": N_("Signature"),
}
INVOICE_REASON = N_("Returned goods, not for sale. The values are stated for customs only; no payment is due.")
CUSTOMS_REASON = N_(
    "Export of returned goods: bought by customers of the marketplace in Russia, sent back by them, and now returned to their seller unsold."
)
UNKNOWN_ON_PAPER = N_("not stated")
LABEL_OF = N_("Carton {carton} of {count}")
