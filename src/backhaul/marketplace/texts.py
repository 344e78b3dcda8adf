"""The words that people see for our codes. Every text is an English msgid; the catalogues translate it."""

from backhaul.kit import media, passwords, second_factor_texts, webhook_texts
from backhaul.kit.i18n import N_, Message, ngettext
from backhaul.marketplace import answer_texts

TABS = {
    "requests": N_("Requests"),
    "on_the_road": N_("On the road"),
    "resolved": N_("Resolved"),
}

# By `Look.label`: what a seller, a customer or staff reads as the state of a return.
STATUS_LABELS = {
    "new": N_("Draft"),
    "pre_moderation": N_("Pre-moderation"),
    "awaiting_customer": N_("More photos asked"),
    "closed_no_reply": N_("Closed: no reply"),
    "seller_review": N_("Waiting for the seller"),
    "offer_sent": N_("Partial compensation offered"),
    "seller_review_after_offer": N_("Offer declined, waiting for the seller"),
    "approved": N_("Approved"),
    "approved_by_moderator": N_("Approved by the pre-moderation"),
    "rejected": N_("Rejected"),
    "rejected_by_moderator": N_("Rejected by the pre-moderation"),
    "dispute": N_("Dispute"),
    "refunded_without_return": N_("Refunded without return"),
    "partially_refunded": N_("Partial compensation was made"),
    "cancelled": N_("Cancelled"),
    "awaiting_dropoff": N_("Waiting for drop-off"),
    "dropoff_expired": N_("Not dropped off in time"),
    "refused_at_pvz": N_("Not accepted at the pick-up point"),
    "accepted_at_pvz": N_("At the pick-up point"),
    "on_the_way": N_("On the way"),
    "at_partner": N_("At the partner's warehouse"),
    "passed_on_to_partner": N_("Passed on to partner"),
    "return_transferred": N_("Return transferred to the logistics partner"),
    "undecided_at_partner": N_("Deadline missed at the partner"),
    "in_work_at_partner": N_("Being prepared at the partner"),
    "picked_up": N_("Picked up from the partner"),
    "delivered": N_("Delivered by the partner"),
    "disposed_by_partner": N_("Disposed of by the partner"),
    "received_by_seller": N_("Received by you"),
    "lost": N_("Lost on the way"),
    "found_after_claim": N_("Found after the claim was paid"),
    "disposing_by_marketplace": N_("Being disposed of by the marketplace"),
    "disposed_by_marketplace": N_("Disposed of by the marketplace"),
}

# Why the pre-moderation did not take a request although it is switched on (P23).
WHY_NOT_MODERATED = {
    "moderation_needs_consent": N_(
        "The pre-moderation is not free any more and nobody agreed to its price: you answer this request yourself."
    ),
    "moderation_price_changed": N_(
        "The price of the pre-moderation changed and nobody agreed to the new one: you answer this request yourself."
    ),
}

REASON_LABELS = {
    "did_not_fit": N_("Did not fit"),
    "did_not_like": N_("Did not like it"),
    "changed_mind": N_("Changed my mind"),
    "does_not_work": N_("Does not work or works badly"),
    "external_defects": N_("Visible defects"),
    "used_before_me": N_("Somebody used it before me"),
    "broke_in_use": N_("Broke in use"),
    "counterfeit": N_("Counterfeit"),
    "wrong_item": N_("Wrong item"),
    "part_missing": N_("A part is missing"),
    "incomplete": N_("Incomplete set"),
    "packaging_and_product_damaged": N_("Packaging and product damaged"),
    "product_damaged_packaging_intact": N_("Product damaged, packaging intact"),
}

REASON_GROUPS = {
    "fit_or_dislike": N_("Fit and taste"),
    "defect": N_("Defect"),
    "misgrading": N_("Wrong or incomplete"),
    "damage_on_delivery": N_("Damaged on delivery"),
}

REJECTION_LABELS = {
    "looks_used": N_("The product looks used"),
    "packaging_damaged": N_("The packaging is opened or damaged"),
    "not_returnable": N_("This product cannot be returned"),
    "reason_does_not_match": N_("The reason does not match the photos"),
    "defect_not_visible": N_("The defect cannot be seen"),
    "too_few_photos": N_("Too few photos"),
    "other_product": N_("The photos show another product"),
    "request_too_late": N_("The request came too late"),
}
REJECTION_HINT = N_("Describe the reason in detail, at least 30 characters: the customer will read it.")

REFUSED_AT_POINT = {
    "not_the_requested_product": N_("It is not the product of the request"),
    "used_and_reason_fit_or_dislike": N_("The product was used, and the reason is fit or taste"),
}

MARK_LABELS = {
    "serviceable": N_("Serviceable"),
    "partially_damaged": N_("Partially damaged"),
    "completely_damaged": N_("Completely damaged"),
    "substituted": N_("Substituted product"),
}

DECISION_LABELS = {
    "none": N_("No decision yet"),
    "pickup": N_("Keep for pick-up"),
    "ship_ru": N_("Ship to Russia"),
    "ship_cn": N_("Ship to China"),
    "ship_hk": N_("Ship to Hong Kong"),
    "dispose": N_("Dispose of it"),
}

ROUTE_LABELS = {
    "A": N_("Dispose of it and receive compensation"),
    "B": N_("Deliver to the logistics partner"),
}

QUALITY_LABELS = {
    "proper": N_("Proper quality"),
    "improper": N_("Improper quality"),
    "seller_fault": N_("Damaged through the seller, or misgraded"),
}

REFUND_LABELS = {
    "none": N_("None"),
    "held": N_("Waits for the payout run"),
    "sent": N_("Sent"),
    "confirmed": N_("Confirmed by the bank"),
    "failed": N_("Failed"),
    "in_doubt": N_("In doubt"),
    "cancelled": N_("Cancelled"),
}
COMPENSATION_LABELS = {
    "none": N_("None"),
    "accrued": N_("Accrued"),
    "credited": N_("Credited"),
    "reversed": N_("Reversed"),
}
CLAIM_LABELS = {
    "none": N_("None"),
    "draft": N_("Draft"),
    "filed": N_("Filed"),
    "in_review": N_("In review"),
    "approved": N_("Approved"),
    "refused": N_("Refused"),
    "paid": N_("Paid"),
    "reversed": N_("Reversed"),
}
PAYERS = {
    "marketplace": N_("The marketplace: the point did not check"),
    "carrier": N_("The carrier: changed after the point"),
    "fraud_fund": N_("The marketplace's fraud fund"),
}
CLAIM_KINDS = {
    "lost_in_transit": N_("Lost in transit"),
    "carrier_damage": N_("Damaged by the carrier"),
    "substitution": N_("Substituted product"),
}

ERASED_WORDS = N_("Erased: the person asked for it, or its time was over.")

ROLE_LABELS = {
    "customer": N_("Customer"),
    "seller": N_("Seller"),
    "clerk": N_("Pick-up point"),
    "moderator": N_("Moderator"),
    "support": N_("Support"),
    "partner": N_("Logistics partner"),
    "calendar": N_("Calendar"),
    "bank": N_("The bank"),
}

# Clerks of the sorting point are clerks, but what they do is done there (D3): the timeline says so.
SORTING_POINT = N_("Sorting point")
DONE_AT_SORTING_POINT = frozenset({"ReceivedForDisposal", "DisposalCertified"})

# The button of a command, and one sentence on what it does.
COMMAND_LABELS = {
    "RequestReturn": (N_("Start the return"), N_("Tell us what is wrong and show it in photos.")),
    "AddPhotos": (N_("Add photos"), N_("Show the product from several sides. A short video helps too.")),
    "Submit": (N_("Send the request"), N_("The seller has 3 days to answer.")),
    "SendPhotos": (N_("Send more photos"), N_("The moderator asked for them. You may send a short video too.")),
    "Cancel": (N_("Withdraw the request"), N_("You keep the product.")),
    "AcceptOffer": (N_("Accept the offer"), N_("You keep the product and receive this part of the price.")),
    "DeclineOffer": (N_("Decline the offer"), N_("The seller decides about the return.")),
    "ChoosePoint": (N_("Choose the pick-up point"), N_("Where you will hand the product in.")),
    "OpenDispute": (N_("Open a dispute"), N_("The marketplace will decide.")),
    "Approve": (N_("Approve the return"), N_("The customer brings the product to a pick-up point.")),
    "Reject": (N_("Reject the request"), N_("The customer reads your reason and may open a dispute.")),
    "Offer": (N_("Offer partial compensation"), N_("The customer keeps the product and receives a part of the price.")),
    "RefundWithoutReturn": (N_("Refund without return"), N_("The customer keeps the product and the full price.")),
    "ConfirmReceipt": (N_("Confirm the receipt"), N_("The shipment reached your consignee.")),
    "ObjectToWeight": (N_("Object to the weight"), N_("Say why the measured weight is not that of the product.")),
    "DecideWeight": (N_("Decide the objection"), N_("Say which weight counts, and why.")),
    "FileClaim": (N_("File the claim"), N_("Ask for the full price of the product.")),
    "KeepMoney": (N_("Keep the money"), N_("The found product goes to the carrier.")),
    "TakeProduct": (N_("Take the product"), N_("The payment of the claim is taken back.")),
    "CheckIn": (N_("Check the product"), N_("The rules decide whether it is taken in.")),
    "Dispatch": (N_("Hand over to the carrier"), N_("The product leaves the pick-up point.")),
    "ReceiveForDisposal": (N_("Receive for disposal"), N_("The sorting point has the product.")),
    "CertifyDisposal": (N_("Certify the disposal"), N_("The product is destroyed; this cannot be undone.")),
    "AskPhotos": (N_("Ask for more photos"), N_("Photos or a short video. The customer has 3 days to answer.")),
    "DecideDispute": (N_("Decide the dispute"), N_("Both sides read your reasons.")),
    "HoldRefund": (N_("Hold the refund"), N_("For a risk check, never past the legal limit.")),
    "SendRefund": (N_("Send the refund now"), N_("Without waiting for the payout run.")),
    "ConfirmRefund": (N_("The bank confirms"), N_("The refund arrived.")),
    "FailRefund": (N_("The bank refuses"), N_("The refund did not go through and can be sent again.")),
    "QuestionRefund": (N_("No answer from the bank"), N_("Whether the refund went through is unknown.")),
    "ReverseCompensation": (N_("Reverse the compensation"), N_("Take it back, with a reason.")),
    "TakeUpClaim": (N_("Review the claim"), N_("Look at the evidence.")),
    "ApproveClaim": (N_("Grant the claim"), N_("The full price will be paid.")),
    "RefuseClaim": (N_("Refuse the claim"), N_("The seller reads your reason.")),
    "RecordCarrierAnswer": (
        N_("Record the carrier's answer"),
        N_("Accepted: the claim is granted. Objected: the seller reads the reasons, and you compare."),
    ),
    "ReverseClaim": (N_("Reverse the claim"), N_("Take the payment back, with a reason.")),
    "PayClaim": (N_("Pay the claim"), N_("The amount goes to the seller's account.")),
}

FIELD_LABELS = {
    "reason": N_("Reason"),
    "comment": N_("Comment"),
    "units": N_("How many?"),
    "photos": N_("Photos"),
    "videos": N_("Short video"),
    "scale_photos": N_("Photo of the scale"),
    "measured": N_("The measured weight counts"),
    "point_id": N_("Pick-up point"),
    "route": N_("What happens to the product"),
    "amount_rub": N_("Amount, whole roubles"),
    "same_product": N_("It is the product of the request"),
    "used": N_("It has been used"),
    "complete": N_("It is complete"),
    "packaging_intact": N_("The packaging is intact"),
    "weight_gram": N_("Weight, grams"),
    "seal": N_("Seal number"),
    "checked": N_("The product could be checked"),
    "carrier": N_("Carrier"),
    "waybill": N_("Waybill"),
    "method": N_("Method"),
    "witness": N_("Witness"),
    "for_customer": N_("In favour of the customer"),
    "ticket": N_("Support ticket"),
    "rules": N_("Rules"),
    "upheld": N_("The appeal is upheld"),
    "marking_code": N_("Marking code"),
    "marking_unreadable": N_("The marking code cannot be read"),
    "seal_intact": N_("The seal is intact"),
    "witness_role": N_("The witness is"),
    "customer_ref": N_("Buys as customer"),
    "accepts": N_("The carrier accepts the claim"),
    **webhook_texts.FIELD_LABELS,
    **answer_texts.FIELD_LABELS,
}

EVENT_LABELS = {
    "Requested": N_("Return started"),
    "PhotosAdded": N_("Photos added"),
    "Submitted": N_("Request sent"),
    "PhotosAsked": N_("More photos asked"),
    "PhotosSent": N_("More photos sent"),
    "Approved": N_("Return approved"),
    "Rejected": N_("Request rejected"),
    "Offered": N_("Partial compensation offered"),
    "OfferAccepted": N_("Offer accepted"),
    "OfferDeclined": N_("Offer declined"),
    "RefundedWithoutReturn": N_("Refunded without return"),
    "Cancelled": N_("Request withdrawn"),
    "Expired": N_("Time is over"),
    "PointChosen": N_("Pick-up point chosen"),
    "DisputeOpened": N_("Dispute opened"),
    "DisputeDecided": N_("Dispute decided"),
    "CheckedIn": N_("Accepted at the pick-up point"),
    "TurnedAway": N_("Not accepted at the pick-up point"),
    "Dispatched": N_("Handed over to the carrier"),
    "WentLate": N_("Late on the way"),
    "WentMissing": N_("Lost on the way"),
    "Arrived": N_("Arrived at the partner's warehouse"),
    "MoneyKept": N_("Claim payment kept"),
    "ProductTaken": N_("Found product taken"),
    "Marked": N_("Inspected by the partner"),
    "DecisionMirrored": N_("Decision at the partner"),
    "HandoverMirrored": N_("Moved at the partner"),
    "DisposalMirrored": N_("Disposed of by the partner"),
    "ReceiptConfirmed": N_("Receipt confirmed"),
    "ReceivedForDisposal": N_("Received for disposal"),
    "DisposalCertified": N_("Disposal certified"),
    "RefundHeld": N_("Refund prepared"),
    "RefundSent": N_("Refund sent"),
    "RefundConfirmed": N_("Refund confirmed by the bank"),
    "RefundFailed": N_("Refund failed"),
    "RefundQuestioned": N_("Refund in doubt"),
    "RefundRetried": N_("Refund handed over to the bank again"),
    "RefundCancelled": N_("Refund cancelled"),
    "CompensationAccrued": N_("Compensation accrued"),
    "CompensationCredited": N_("Compensation credited"),
    "CompensationReversed": N_("Compensation reversed"),
    "ClaimDrafted": N_("Claim drafted"),
    "ClaimMoved": N_("Claim moved on"),
    "ClaimAnswered": N_("Answer of the carrier"),
    "ClaimWentUnanswered": N_("The carrier did not answer in time"),
    "Reminded": N_("Reminder of the deadline"),
    "WeightMeasured": N_("Another weight measured"),
    "WeightObjected": N_("Objection to the weight"),
    "WeightSettled": N_("Weight settled"),
    "DwellAlarmed": N_("Waits too long at the pick-up point"),
}

# Happenings that customers do not read: what the seller receives, and where the goods are after them.
NOT_FOR_CUSTOMERS = frozenset({
    "CompensationAccrued", "CompensationCredited", "CompensationReversed", "ClaimDrafted", "ClaimMoved", "ClaimAnswered",
    "ClaimWentUnanswered", "Arrived", "Marked", "DecisionMirrored", "HandoverMirrored", "DisposalMirrored", "MoneyKept",
    "ProductTaken", "DwellAlarmed", "WeightMeasured", "WeightObjected", "WeightSettled",
})  # fmt: skip


def is_told(event: object, kind: str, role: str) -> bool:
    """Customers do not read what the seller receives; nobody reads of a reminder that nobody got."""
    told = bool(getattr(event, "told", True))
    return told and (role != "customer" or kind not in NOT_FOR_CUSTOMERS)


# What the partner's report of a decision says when there is none: by the parcel's state after it.
UNDECIDED_LABELS = {
    "disposal_due": N_("Deadline missed at the partner"),
    "arrived": N_("Deadline at the partner moved or opened again"),
}
# Where the partner's report of a move says the parcel is.
PARCEL_LABELS = {
    "in_work": STATUS_LABELS["in_work_at_partner"],
    "picked_up": STATUS_LABELS["picked_up"],
    "delivered": STATUS_LABELS["delivered"],
}

# What the calendar will do when the bound passes, by status: shown beside the days left.
NEXT_BY_CALENDAR = {
    "new": N_("The draft is deleted if it is not sent by then."),
    "pre_moderation": N_("The return is approved automatically if nobody answers by then."),
    "awaiting_customer": N_("The request is closed if no photos come by then."),
    "seller_review": N_("The return is approved automatically if nobody answers by then."),
    "offer_sent": N_("The offer counts as declined if there is no answer by then."),
    "seller_review_after_offer": N_("A cheap product is refunded, another comes back, if nobody answers by then."),
    "approved": N_("The request is closed if the product is not handed in by then."),
    "awaiting_dropoff": N_("The request is closed if the product is not handed in by then."),
    "found_after_claim": N_("The money is kept and the product goes to the carrier if nobody chooses by then."),
    "rejected": N_("A dispute can be opened until then."),
    "dispute": N_("The marketplace decides by then."),
}

# The same states in the words of the one who bought, and what comes next for them.
CUSTOMER_LABELS = {
    "new": N_("Not sent yet"),
    "pre_moderation": N_("We are looking at it"),
    "awaiting_customer": N_("We need more photos"),
    "closed_no_reply": N_("Closed: no photos came"),
    "seller_review": N_("The seller is looking at it"),
    "offer_sent": N_("You have an offer"),
    "seller_review_after_offer": N_("You declined, the seller decides"),
    "approved": N_("Approved"),
    "rejected": N_("Rejected"),
    "dispute": N_("We are deciding your dispute"),
    "refunded_without_return": N_("Money back, keep the product"),
    "partially_refunded": N_("Part of the price back, keep the product"),
    "cancelled": N_("Withdrawn"),
    "awaiting_dropoff": N_("Bring the product"),
    "dropoff_expired": N_("Not brought in time"),
    "refused_at_pvz": N_("Not accepted at the pick-up point"),
    "accepted_at_pvz": N_("Handed in"),
}
CUSTOMER_NEXT = {
    "new": N_("Send the request, or the draft is deleted."),
    "pre_moderation": N_("Without an answer it is approved by itself."),
    "awaiting_customer": N_("Send more photos, or the request is closed."),
    "seller_review": N_("Without an answer it is approved by itself."),
    "offer_sent": N_("Answer the offer; silence declines it."),
    "seller_review_after_offer": N_("The seller offers again, takes the product back or refunds you."),
    "approved": N_("Choose a pick-up point and bring the product."),
    "awaiting_dropoff": N_("Hand the product in at the pick-up point."),
    "rejected": N_("If you disagree, open a dispute."),
    "dispute": N_("Both sides will read the reasons."),
}
CUSTOMER_REFUNDS = {
    "held": N_("Your money is sent."),
    "sent": N_("Your money is on its way to your bank."),
    "confirmed": N_("Your money has arrived."),
    "failed": N_("Your bank did not take the money. We are on it."),
    "in_doubt": N_("We are asking the bank where your money is."),
    "cancelled": N_("No money is paid for this return."),
}
# The steps of a return and where each stands: `rules/progress.py`.
STEP_LABELS = {
    "requested": N_("Requested"),
    "approved": N_("Approved"),
    "handed_in": N_("Handed in"),
    "refunded": N_("Money refunded"),
}
STEP_STATES = {
    "done": N_("Completed"),
    "now": N_("Under way"),
    "ahead": N_("Comes later"),
    "stopped": N_("Ended here"),
}
CUSTOMER_OVER = N_("Nothing more will happen.")

KEY_ROLES = {
    "returns": N_("Returns"),
    "returns_read_only": N_("Returns read-only"),
}
RIGHTS = {
    "owner": (N_("Owner"), N_("Decides, and manages users, keys and settings.")),
    "operator": (N_("Operator"), N_("Decides on returns.")),
    "analyst": (N_("Analyst"), N_("Reads only, can change nothing.")),
}
USER_STATES = {
    "active": N_("Active"),
    "invited": N_("Waits for the first sign-in"),
    "ended": N_("Deactivated"),
}
KEY_STATUSES = {
    "active": N_("Active"),
    "revoked": N_("Revoked"),
    "expired": N_("Expired"),
}

DEFAULT_ROUTES = {
    "": (
        N_("No default"),
        N_("The logistics partner stores it if your account is linked there; otherwise it is disposed of."),
    ),
    "A": (
        N_("Dispose of it and receive compensation"),
        N_("You receive a part of the price by the rate card, within 7 days of the refund. You never see the product."),
    ),
    "B": (
        N_("Deliver to the logistics partner"),
        N_("You decide there within 14 days; its services are paid to it. There is no compensation for a disposal."),
    ),
}

# When nothing can be done in this state at all.
NOT_IN_THIS_STATE = N_("This cannot be done now: the state is “{state}”.")

REFUSALS: dict[str, Message] = {
    **media.REFUSALS,
    **answer_texts.REFUSALS,
    "not_found": N_("There is nothing here, or it is not yours."),
    "not_in_this_state": N_("This cannot be done now: the state is “{state}”. Possible now: {allowed}."),
    "not_your_role": N_("This is not for you to do."),
    "role_read_only": N_("You can only read here: your rights, or the role of the key, allow no changes."),
    "refund_attempts_used": N_("This refund was sent {attempts_max} times; more attempts are not allowed."),
    "bank_says_paid": N_("The bank says that it has paid this refund. Settle that entry of its statement first."),
    "statement_unreadable": N_("This is no bank statement that can be read: {why_unreadable}"),
    "statement_too_large": N_("The file is too large: at most {megabytes_max} MB."),
    "statement_too_long": N_("The statement has too many entries: at most {entries_max}."),
    "statement_empty": N_("The statement has no entry."),
    "batch_not_open": N_("This payout file needs nothing: its state is “{batch}”."),
    "batch_partly_answered": N_(
        "The bank has this file: it has answered for some of its refunds. Ask it about the others."
    ),
    "break_settled": N_("This entry was settled already."),
    "too_late": N_("Too late: the time ended at {act_by}."),
    "version_unreadable": N_('If-Match must be the version that you saw, as "7".'),
    "version_needed": N_("This form does not say which state it saw. Load the page again."),
    "request_in_progress": N_("The same request is being answered just now. Ask again in a moment, with the same key."),
    "changed_meanwhile": N_("Somebody else changed this meanwhile. Look at it again, then decide."),
    "version_conflict": N_("Somebody else changed this return meanwhile. Look at it again, then decide."),
    "no_more_offers": N_("No more offers: {offers_max} are allowed."),
    "offer_out_of_range": N_("The offer must be from {low} to {high} roubles."),
    "dispute_already_decided": N_("The dispute has been decided already."),
    "too_cheap_to_come_back": N_("Products up to {above_rub} roubles do not come back: offer again, or refund."),
    "not_on_this_route": N_("This return goes by another route."),
    "nothing_to_receive": N_("There is no delivered shipment to confirm."),
    "photos_needed": ngettext(
        "At least {photos_min} photo is needed.", "At least {photos_min} photos are needed.", "photos_min"
    ),
    "too_many_photos": N_("At most {photos_max} photos are allowed."),
    "photos_unknown": N_("Upload the photos first."),
    "explanation_required": N_("Explain in at least {characters_min} characters."),
    "unknown_reason": N_("Choose a reason from the list."),
    "rejection_unlawful": N_("The law does not allow this rejection here ({rule}, article {article})."),
    "rejection_unlawful/distance_refusal": N_(
        "A distance purchase may be refused for {days} days after the delivery (Law 2300-1, article {article}); this reason "
        "cannot reject it. Approve, offer a part of the price, refund without return, or reject because the look was not kept "
        "or it is another product."
    ),
    "rejection_unlawful/defect_opened_packaging": N_(
        "A defect cannot be rejected only because the packaging is opened (Law 2300-1, article {article}). Approve, offer a "
        "part of the price, refund without return, or give a reason about the defect itself."
    ),
    "rule_cards_invalid": N_("These rule cards cannot be published: {faults}."),
    "route_not_yours_to_choose": N_("The route cannot be chosen here."),
    "no_unit_left": N_("All units of this order line are in a return already."),
    "bulk_size": N_("Choose from {low} to {high} returns."),
    "too_few_units": N_("Only {units_free} units of this order line can still be returned."),
    "unit_in_another_return": N_("This unit is in another return already."),
    "service_unavailable_in_country": N_("Returns to pick-up points are not available for sellers from {country} now."),
    "nothing_to_refund": N_("There is no refund."),
    "nothing_to_compensate": N_("There is no compensation."),
    "not_your_claim": N_("Only substitution claims are reviewed by the partner."),
    "belongs_to_the_carrier": N_(
        "The seller was paid for this product as lost, so it belongs to the carrier: hand it over there."
    ),
    "not_a_carriers_claim": N_("This claim is not on a carrier."),
    "already_compensated": N_("This unit is compensated already; a claim would pay it twice."),
    "unknown_act": N_("There is no such act."),
    "unknown_point": N_("Choose a pick-up point from the list."),
    "not_your_point": N_("You check products in at your own pick-up point, {point_id}."),
    "credentials_missing": N_("Client-Id and Api-Key are needed."),
    "client_id_not_a_number": N_("Client-Id must be a positive whole number."),
    "wrong_key": N_("This key is not known."),
    "key_revoked": N_("This key has been revoked."),
    "key_expired": N_("This key has expired."),
    "key_name_length": N_("A key's name has 1 to {characters_max} characters."),
    "key_name_taken": N_("Another active key has this name."),
    "too_many_keys": N_("At most {keys_max} active keys are allowed."),
    "unknown_key_role": N_("Choose Returns or Returns read-only."),
    "owner_only": N_("Only the owner of the account may do this."),
    "moderation_is_switched_on_by_support": N_("Support switches the pre-moderation on."),
    "ticket_needed": N_("Give the number of the support ticket."),
    "rules_needed": N_("Write down the rules that the moderators will follow."),
    "policy_value_invalid": N_("{field}: this value does not fit."),
    "valid_from_is_past": N_("A version cannot hold from an instant that has passed."),
    "valid_from_is_too_far": N_("A version cannot begin more than ten years from now."),
    "scale_photo_needed": N_(
        "This weight is in another band of the rate card than the catalogue's: take a photo of the scale with the product on it."
    ),
    "rates_invalid": N_("These exchange rates cannot be taken: nothing was stored."),
    "unknown_currency": N_("Choose a currency from the list."),
    "days_invalid": N_("The last day is before the first one, or a day cannot be read."),
    "ledger_statement_too_long": N_("The statement has more than {rows_max} lines: choose a shorter period, or CSV."),
    "account_unknown": N_("There is no such account."),
    "rate_card_invalid": N_("This rate card cannot be published."),
    "catalogue_invalid": N_("This catalogue cannot be published."),
    "version_exists": N_("There is a version {version} already: a version is used once."),
    "version_invalid": N_(
        "A version has 1 to {characters_max} letters, digits, points, dashes or underscores, for example 2025-01."
    ),
    "later_version_published": N_(
        "A later version is published already, in force from {begins}: this one cannot begin before it."
    ),
    "period_invalid": N_("The back-test wants a first and a last day, at most {days_max} days apart."),
    "period_out_of_range": N_("The back-test looks at days from {first_year} to {last_year}."),
    "published_meanwhile": N_("Somebody else published a version meanwhile. Look at what differs again."),
    "comment_needed": N_("Tell the seller what happened: this reason needs a comment."),
    "policy_changed": N_("Somebody else published a version of the policy meanwhile. Look at what differs again."),
    "nothing_changes": N_("Nothing differs from the version in force."),
    "price_changed": N_("The price has changed meanwhile. Look at it again."),
    "number_unknown": N_("There is no return {number} here, or it is not approved yet."),
    "key_used_for_another_request": N_("This Idempotency-Key belongs to another request."),
    "bad_signature": N_("The signature is wrong."),
    "message_too_old": N_("The message is too old."),
    "not_the_promised_file": N_("The photo that the other side sent is not the one it promised."),
    "partner_away": N_("The logistics partner does not answer now. Try again shortly."),
    "picture_too_large": N_("A picture may have at most {bytes_max} bytes."),
    "not_a_picture": N_("This file is not a picture that we can read (JPEG, PNG or WebP)."),
    "field_invalid": N_("The field {field} does not fit: {reason}."),
    "text_unstorable": N_("A text has a character that cannot be stored (number 0)."),
    "body_invalid": N_("The request cannot be read."),
    "body_not_json": N_("The body is not JSON."),
    "body_too_large": N_("The body is too large."),
    "media_type_unknown": N_("This media type is not understood."),
    "method_not_allowed": N_("This method is not allowed here."),
    "sign_in_needed": N_("Sign in first."),
    "session_over": N_("Your session is over. Sign in again: what you typed is kept."),
    "sign_in_failed": N_("The login or the password is wrong."),
    "too_many_sign_ins": N_("Too many wrong passwords. Try again in {minutes} min."),
    "form_from_elsewhere": N_("This form was sent from another site. Open the page here and send it again."),
    "form_expired": N_("This form has expired. Load the page again."),
    "too_many_requests": N_("Too many requests. Try again shortly."),
    "house_is_closing": N_("The service is restarting. Try again shortly."),
    "database_failed": N_("The change could not be stored. Nothing was done; try again."),
    "database_away": N_("The database does not answer now. Try again shortly."),
    "outcome_unknown": N_(
        "It is not known whether the change was stored. Look before you repeat it; a program repeats it with the same Idempotency-Key, then it is done once."
    ),
    "failed": N_("Something went wrong on our side."),
    "return_number_unknown": N_("There is no return {number}."),
    "nothing_chosen": N_("Choose at least one return."),
    "period_backwards": N_("The period ends before it begins."),
    "period_too_long": N_("A report covers at most {months_max} calendar months."),
    "day_unreadable": N_("Give the day as year, month and day, like 2024-09-30."),
    "not_in_the_list": N_("Choose one of the values that are offered."),
    "too_many_reports": N_("At most {reports_max} reports are kept at a time. Delete one, or wait until one expires."),
    "too_many_jobs": N_(
        "At most {jobs_max} pieces of long work are open at a time. Wait until one is done, or cancel one."
    ),
    "no_erasure_waits": N_("No erasure waits that could be taken back."),
    "order_columns_differ": N_("The columns of the file are not those of orders."),
    "order_columns_differ/empty": N_("The file is empty."),
    "order_columns_differ/not_utf8": N_("This is not a text in UTF-8: save the file as CSV in UTF-8."),
    "order_columns_differ/semicolons": N_("The columns are separated by semicolons: save the file as CSV with commas."),
    "order_columns_differ/tabs": N_("The columns are separated by tabs: save the file as CSV with commas."),
    "order_columns_differ/no_row": N_("The first row is not a row of CSV with the names of columns."),
    "order_columns_differ/duplicate": N_("These columns stand in the file twice: {duplicate}."),
    "order_columns_differ/missing": N_("The file has not all columns of orders. Missing: {missing}."),
    "order_columns_differ/unknown": N_("The file has columns that orders do not have: {unknown}."),
    "order_columns_differ/missing_and_unknown": N_(
        "The columns of the file are not those of orders. Missing: {missing}. Unknown: {unknown}."
    ),
    "orders_too_large": N_(
        "The file is too large: at most {megabytes_max} MB. Longer ones are loaded at the command line."
    ),
    "job_is_over": N_("This is over already."),
    "job_cannot_stop": N_(
        "This has begun and can no longer be cancelled: what the bank reports is applied to its end."
    ),
    "job_expired": N_("This result has expired. Ask for it again."),
    "job_has_no_file": N_("There is no file of this."),
    "job_too_long": N_("The file would have more than {rows_max} rows. Ask for less at a time."),
    "job_broke_off": N_("It broke off several times and was given up. Ask for it again."),
    "report_expired": N_("This report has expired. Ask for a new one."),
    "report_not_ready": N_("This report is not ready yet."),
    "customer_blocked": N_(
        "You cannot start new returns here until {until}: another product was found in {returns}. "
        "How to appeal is told on the page My block; support can be written to at any time."
    ),
    "appealed_already": N_("There is an appeal against this block already; each block has one."),
    "nothing_to_appeal": N_("There is nothing left to appeal against."),
    "not_enough_cases": N_("Level 2 needs {cases_min} confirmed cases; there are {cases}."),
    "too_early": N_("Not before {until}."),
    "key_network_not_allowed": N_("This key may not be used from the network of {address}."),
    "key_rights_needed": N_("Only the owner, and whom the owner lets manage keys, may do this."),
    "key_revoked_already": N_("This key has been revoked already."),
    "not_a_network": N_("{network} is no network. Write networks as 203.0.113.0/24 or 2001:db8::/32."),
    "too_many_networks": N_("A key has at most {networks_max} networks."),
    "reason_needed": N_("Give a reason: the owner of the key will read it."),
    "text_too_long": N_("At most {characters_max} characters are allowed here."),
    "session_needed": N_("Sign in as a person: keys and users are not managed with a key."),
    "login_form": N_("A login has 3 to 64 characters: Latin letters, digits and . _ @ + -"),
    "login_taken": N_("This login is taken. Choose another."),
    "user_name_length": N_("A name has 1 to {characters_max} characters."),
    "unknown_language": N_("Choose a language from the list."),
    "unknown_rights": N_("Choose Owner, Operator or Analyst."),
    "too_many_users": N_("At most {users_max} users are allowed."),
    "last_owner": N_("A seller always has an owner. Make somebody else an owner first."),
    "user_ended": N_("This user is deactivated. Let them in again first."),
    "link_expired": N_("This link has been used or is over. Ask the owner of the account for a new one."),
    "password_length": N_("A password has {characters_min} to {characters_max} characters."),
    "passwords_differ": N_("The two passwords are not the same."),
    "password_wrong": N_("This is not your current password."),
    **passwords.REFUSALS,
    "own_order": N_("This is your own order: another employee must handle it."),
    "wrong_kind_of_point": N_("This is not done where you work."),
    "not_held_here": N_("This product is at the pick-up point {point_id}, not here."),
    "marking_code_needed": N_("Scan the marking code, or say that it cannot be read."),
    "seal_photo_needed": N_("Take a photo of the seal: it is broken, or its number is another one."),
    "witness_is_yourself": N_("The witness must be another person."),
    "method_needed": N_("Say how the product was destroyed."),
    "pass_expired": N_("This pass is no longer valid: the time to hand the product in is over."),
    "no_product_chosen": N_("Choose at least one product."),
    "no_pass": N_("There is no pass for this return now."),
    "clerk_unknown": N_("There is no employee of a point with the login {login}."),
    "customer_unknown": N_("There is no customer {customer_ref}."),
    "code_unknown": N_("No return belongs to {scanned} here, or it is not approved yet."),
    "invoice_file_invalid": N_("This file cannot be taken in: nothing of it is kept."),
    "invoice_revision_known": N_(
        "Revision {newest} of the invoice {number} is here. A corrected invoice has a higher revision."
    ),
    "tariff_version_known": N_("Version {version} of the price list is here with other prices."),
    "import_interrupted": N_("The file was sent once more meanwhile. Look at the list, then send it again."),
    "break_moved_on": N_("This break is closed, or this has been done about it."),
    "no_claim_to_file": N_("This return has no claim that can be filed now."),
    "no_line_to_dispute": N_("This is no line of the partner's invoice."),
    "email_invalid": N_("This is not an e-mail address."),
    "email_of_orders": N_("Your address is that of your orders."),
    **webhook_texts.REFUSALS,
    **second_factor_texts.REFUSALS,
}

REPORT_STATES = {
    "waiting": N_("Waiting"),
    "running": N_("Being made"),
    "ready": N_("Ready"),
    "failed": N_("Failed"),
    "expired": N_("Expired"),
}
REPORT_KINDS = {
    "csv": N_("For programs: stable column names and codes."),
    "xlsx": N_("For people: titles and words in your language."),
}

# A customer's block: how far it goes, how it ended, what was done.
BLOCK_STATUSES = {
    "level_1": N_("No new returns"),
    "level_2": N_("No returns and no disputes"),
    "lifted": N_("Lifted"),
    "expired": N_("The time is over"),
}
BLOCK_TONES = {"level_1": "warn", "level_2": "bad", "lifted": "good", "expired": ""}
APPEAL_STATUSES = {
    "none": N_("No appeal"),
    "open": N_("Appeal to be decided"),
    "upheld": N_("Appeal upheld"),
    "refused": N_("Appeal refused"),
    "settled": N_("Settled by a new inspection result"),
}
APPEAL_TONES = {"none": "", "open": "warn", "upheld": "good", "refused": "bad", "settled": "good"}
BLOCK_ENDS = {
    "appeal_upheld": N_("Your appeal was upheld."),
    "mark_revised": N_("The inspection result was revised: it was your product."),
    "by_support": N_("Support lifted it."),
    "expired": N_("Its time was over."),
}
BLOCK_ACTS = {
    "Appeal": (N_("Send the appeal"), N_("A moderator looks at everything again and gives the reasons.")),
    "DecideAppeal": (
        N_("Decide the appeal"),
        N_("Upheld: the block is lifted and support has the claim reversed. Customer and seller read your reasons."),
    ),
    "RaiseLevel": (N_("Raise to level 2"), N_("The customer cannot open disputes either, and reads your reason.")),
    "Lift": (N_("Lift the block"), N_("Everything is restored; the customer reads your reason.")),
}
BLOCK_EVENTS = {
    "Imposed": N_("Block began: substituted product"),
    "CaseAdded": N_("Another substituted product; the end of the block stays"),
    "CaseWithdrawn": N_("Inspection result revised: not substituted"),
    "LevelRaised": N_("Raised to level 2 after a review"),
    "LevelLowered": N_("Back to level 1: too few cases are left"),
    "Appealed": N_("Appeal sent"),
    "AppealDecided": N_("Appeal decided"),
    "AppealSettled": N_("Appeal settled by the new inspection result"),
    "Lifted": N_("Block lifted"),
    "Expired": N_("Block over"),
}

METHOD_LABELS = {
    "shredding": N_("Shredded"),
    "crushing": N_("Crushed"),
    "dismantling": N_("Dismantled and recycled"),
    "incineration": N_("Incinerated"),
    "chemical": N_("Neutralised chemically"),
}
WITNESS_LABELS = {
    "shift_lead": N_("Shift lead"),
    "clerk": N_("Another employee of the point"),
    "security": N_("Security guard"),
    "contractor": N_("Employee of the disposal company"),
    "inspector": N_("Inspector"),
}
MARKING_LABELS = {
    "not_expected": N_("None on the order"),
    "matches": N_("Matches the order"),
    "differs": N_("Does not match the order"),
    "unreadable": N_("Cannot be read"),
    "unchecked": N_("Not checked"),
}

# The big answer on the counter's screen, and what the clerk does now.
_NOT_TAKEN = N_("Do not take the product in.")
COUNTER_ANSWERS = {
    "accepted_at_pvz": (
        N_("The product is accepted"),
        N_("Tell the customer that the money is on its way. Seal the product and put it to the carrier's goods."),
    ),
    "refused_at_pvz": (
        N_("Not accepted"),
        N_("Give the product back. No money is paid. The customer sees the reason and your photos, and may ask again."),
    ),
    "dropoff_expired": (
        N_("Too late"),
        N_("Do not take the product in: the time to hand it in is over. The customer may ask again."),
    ),
    "cancelled": (N_("Withdrawn"), _NOT_TAKEN),
    "closed_no_reply": (N_("Closed"), _NOT_TAKEN),
    "rejected": (N_("Rejected"), _NOT_TAKEN),
    "dispute": (N_("Dispute"), _NOT_TAKEN),
    "refunded_without_return": (N_("The customer keeps the product"), _NOT_TAKEN),
    "partially_refunded": (N_("The customer keeps the product"), _NOT_TAKEN),
    "on_the_way": (N_("Handed over to the carrier"), N_("Nothing is left to do here.")),
    "lost": (N_("Lost on the way"), N_("If you have found it, call support.")),
    "at_partner": (N_("At the partner's warehouse"), N_("Nothing is left to do here.")),
    "found_after_claim": (N_("At the partner's warehouse"), N_("Nothing is left to do here.")),
    "disposing_by_marketplace": (
        N_("Received for disposal"),
        N_("Keep it apart until it is destroyed before a witness."),
    ),
    "disposed_by_marketplace": (N_("Destroyed"), N_("The certificate is ready.")),
}

WEIGHT_LABELS = {
    "open": N_("Measured, the seller may object"),
    "objected": N_("The seller objects"),
    "measured": N_("The measured weight counts"),
    "catalogue": N_("The weight of the catalogue counts"),
}
