"""The words of a person's data: who received it, what stands in the way of erasing it, what was destroyed."""

from collections.abc import Mapping

import msgspec

from backhaul.kit.i18n import N_
from backhaul.marketplace.rules.erasure import State, Why
from backhaul.marketplace.rules.recipients import Recipient, What

RECIPIENTS: Mapping[Recipient, str] = {
    Recipient.SELLER: N_("Seller"),
    Recipient.MODERATOR: N_("Moderator"),
    Recipient.POINT: N_("Pick-up point"),
    Recipient.CARRIER: N_("Carrier"),
    Recipient.PARTNER: N_("Logistics partner"),
    Recipient.BANK: N_("Bank"),
}
RECEIVED: Mapping[What, str] = {
    What.REQUEST: N_("The request: reason, what was written, photos"),
    What.PHOTOS: N_("More photos and words"),
    What.DISPUTE: N_("The objection: what was written"),
    What.PRODUCT: N_("The product with the number of the return"),
    What.REFUND: N_("The amount of the refund and your number, to pay it"),
}
HOLDS: Mapping[Why, str] = {
    Why.OPEN_RETURN: N_("Return {return_number} is not over."),
    Why.UNPAID_MONEY: N_("Money for return {return_number} is still on its way."),
    Why.OPEN_CLAIM: N_("A dispute or claim about return {return_number} is open."),
    Why.BLOCK: N_("Your account is blocked until {until}."),
}


class Said(msgspec.Struct, frozen=True):
    """The same to the customer and about them."""

    holds: Mapping[Why, str]
    received: Mapping[What, str]


CUSTOMER = Said(HOLDS, RECEIVED)
SUPPORT = Said(
    {**HOLDS, Why.BLOCK: N_("The account is blocked until {until}.")},
    {**RECEIVED, What.REFUND: N_("The amount of the refund and the customer's number, to pay it")},
)
ASKED: Mapping[State, str] = {
    State.HELD: N_("The customer asked for it on {asked}; it is done by itself as soon as nothing stands in the way."),
    State.WITHDRAWN: N_("The customer asked for it on {asked} and took it back on {withdrawn}."),
    State.FILES: N_("The customer asked for it on {asked} and was erased on {erased}; the last files are going."),
    State.DONE: N_("The customer asked for it on {asked} and was erased on {erased}, certificate {number}."),
}
DESTROYED: Mapping[str, str] = {
    "accounts": N_("Accounts with name and login"),
    "sessions": N_("Sessions that were ended"),
    "messages": N_("Messages"),
    "mails": N_("Mails, sent and waiting"),
    "letters": N_("Letters of support"),
    "orders": N_("Orders without an address now"),
    "reports": N_("Reports of sellers that were withdrawn"),
    "files": N_("Photos and videos"),
    "returns_kept": N_("Returns that stay without a name, with what was written in them unreadable"),
    "open_words": N_("Texts of an older version that stay readable in the history"),
}
