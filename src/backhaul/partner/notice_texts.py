"""The words of the partner's notices, by kind. Places in braces are the facts that `notices.py` gives."""

from backhaul.kit import second_factor_texts, webhook_texts
from backhaul.kit.i18n import N_
from backhaul.kit.notices import Language, Wording
from backhaul.partner import invoice_notices, texts

NOTICES = {
    "arrived": Wording(
        N_("Arrived at the warehouse"),
        N_(
            "{name} arrived at the warehouse {warehouse}. Decide by {until}. {left}. Without a decision it is disposed of."
        ),
    ),
    "days_left": Wording(
        N_("Reminder of the deadline"),
        N_("{name} waits for your decision until {until}. {left}. Without a decision it is disposed of."),
    ),
    "hours_left": Wording(
        N_("Only hours are left"),
        N_("{name} still waits for your decision, until {until} only. Without a decision it is disposed of."),
    ),
    "missed": Wording(
        N_("Nobody decided in time"),
        N_(
            "The time to decide about {name} is over. It may be destroyed from {at} on; until then only a supervisor can open the decision again. There is no compensation."
        ),
    ),
    "bound_moved": Wording(
        N_("Deadline moved"), N_("The photos of {name} are late, so you have more time: decide by {until}.")
    ),
    "reopened": Wording(
        N_("Opened again by a supervisor"), N_("You have more time for {name} after all: decide by {until}.")
    ),
    "not_collected": Wording(
        N_("Not collected in time"),
        N_("Nobody collected {name}. Decide anew by {until}; without a decision it is disposed of."),
    ),
    "decided_by_rule": Wording(
        N_("Decided"),
        N_(
            "{name} will be disposed of, as you asked before it arrived or by your rule. You can change it until {until}."
        ),
    ),
    "gate_late": Wording(
        N_("Gate check is late"),
        N_(
            "Not checked at the gate in time: {numbers}. Units: {count}. Check them now: until then nothing of them is sent, handed over or destroyed."
        ),
        "/receiving/gate",
    ),
    "marked": Wording(N_("Inspected"), N_("{name} was inspected. The mark: {mark}.")),
    "substituted": Wording(
        N_("Inspected"), N_("{name} was inspected: it is another product. The marketplace tells you about the money.")
    ),
    "claim_approved": Wording(
        N_("Claim granted"),
        N_("The claim for the substituted product {name} is granted. The marketplace pays its full price."),
    ),
    "claim_refused": Wording(
        N_("Claim refused"), N_("The claim for the substituted product {name} is refused: {comment}")
    ),
    "media_ready": Wording(
        N_("Photos or video ready"), N_("What you ordered of {name} can be seen now: photos or a video.")
    ),
    "dispatched": Wording(
        N_("Sent to the destination"),
        N_("{name} left the warehouse for your address. The tracking number: {tracking}."),
    ),
    "shipment_lost": Wording(
        N_("Lost by the carrier"),
        N_("The carrier says that {name} is lost on the way to your address. If it turns up, you are told."),
    ),
    "delivered": Wording(N_("Delivered"), N_("{name} reached its destination.")),
    "consignment_dispatched": Wording(
        N_("Sent to the destination"),
        N_("The consignment {number} left the warehouse. The tracking number: {tracking}."),
        "/consignments/{consignment}",
    ),
    "consignment_delivered": Wording(
        N_("Delivered"),
        N_("Of the consignment {number}, {count} of {units} units were delivered."),
        "/consignments/{consignment}",
    ),
    "consignment_lost": Wording(
        N_("Lost by the carrier"),
        N_("Of the consignment {number}, {count} of {units} units are lost, says the carrier."),
        "/consignments/{consignment}",
    ),
    "handed_over": Wording(N_("Handed over to the collector"), N_("{name} was handed over to your collector.")),
    "destroyed": Wording(N_("Destroyed"), N_("{name} was destroyed. The certificate: {certificate}.")),
    "destroyed_undecided": Wording(
        N_("Destroyed"),
        N_(
            "{name} was destroyed because nobody decided in time. The certificate: {certificate}. There is no compensation."
        ),
    ),
    "authorization_lost": Wording(
        N_("Authorization lost"),
        N_(
            "The marketplace does not honour the key of the seller {seller} any more. Your parcels are still shown, but you cannot decide, and the clock goes on running; destruction waits until {at} at most. Make a new key at the marketplace and authorize it again."
        ),
        "/system-settings/authorizations",
    ),
    "key_expiring": Wording(
        N_("An API key expires"),
        N_("Your API key “{key}” ending in {last4} expires on {at}. {left}. Make a new one before that."),
        "/api-keys",
    ),
    "link_reminder": Wording(
        N_("Your account is not linked yet"),
        N_(
            "Without an authorization you see no returns, and they are disposed of after their time. The first steps show what to do; there is a guide as a PDF too."
        ),
        "/start",
    ),
    "confirm_email": Wording(
        N_("Confirm your e-mail address"),
        N_(
            "Somebody signed up with this address. Open the link by {until} to confirm that it is yours. If it was not you, do nothing."
        ),
        "/confirm/{token}",
    ),
}

# Each variant of the rules names the marks in its own words.
MARKS = {"mark": texts.MARK_LABELS_OF["T"], "mark_c": texts.MARK_LABELS_OF["C"]}
LANGUAGE = Language(
    N_("Partner"),
    NOTICES | invoice_notices.NOTICES | webhook_texts.WORDINGS | second_factor_texts.WORDINGS,
    MARKS,
    "/parcels/{case_id}",
)
