"""The words of the marketplace's notices, by kind. Places in braces are the facts that `notices.py` gives."""

from backhaul.kit import webhook_texts
from backhaul.kit.i18n import N_
from backhaul.kit.notices import Language, Wording
from backhaul.marketplace import texts

_CUSTOMER = {
    "request_sent": Wording(
        N_("Request sent"),
        N_(
            "Your request to return {name} was sent. The answer comes by {until}; without one it is approved by itself."
        ),
    ),
    "photos_asked": Wording(
        N_("We need more photos"),
        N_("To decide about {name} we need more photos: “{comment}” Send them by {until}, or the request is closed."),
    ),
    "closed_no_reply": Wording(
        N_("Closed: no photos came"),
        N_("No photos came in time, so the request for {name} is closed. You may send a new one."),
    ),
    "approved_by_seller": Wording(
        N_("Return approved"),
        N_("The seller approved the return of {name}. Choose a pick-up point and bring the product by {until}."),
    ),
    "approved_by_moderator": Wording(
        N_("Return approved"),
        N_("We approved the return of {name}. Choose a pick-up point and bring the product by {until}."),
    ),
    "approved_by_calendar": Wording(
        N_("Return approved"),
        N_(
            "Nobody answered in time, so the return of {name} is approved by itself. Choose a pick-up point and bring the product by {until}."
        ),
    ),
    "rejected": Wording(
        N_("Request rejected"),
        N_(
            "The request for {name} was rejected: {reason}. “{comment}” If you disagree, open a dispute on the page of the return by {until}."
        ),
    ),
    "offer": Wording(
        N_("You have an offer"),
        N_("The seller offers you {amount} if you keep {name}. Answer by {until}; silence declines the offer."),
    ),
    "offer_expired": Wording(
        N_("Offer declined"),
        N_("You did not answer the offer for {name}, so it counts as declined. The seller decides by {until}."),
    ),
    "refunded_without_return": Wording(
        N_("Money back, keep the product"), N_("You keep {name} and receive the full price.")
    ),
    "dropoff_reminder": Wording(
        N_("Bring the product"),
        N_("Bring {name} to a pick-up point by {until}. {left}. Afterwards the return is closed."),
    ),
    "dropoff_expired": Wording(
        N_("Not brought in time"),
        N_("{name} was not brought to a pick-up point in time, so the return is closed. You may send a new request."),
    ),
    "handed_in": Wording(
        N_("Accepted at the pick-up point"),
        N_("The pick-up point took {name} in. Your money is prepared; you hear from us when it is sent."),
    ),
    "turned_away": Wording(
        N_("Not accepted at the pick-up point"),
        N_("The pick-up point did not take {name} in. {reason}. You keep the product, and no money is paid."),
    ),
    "refund_sent": Wording(N_("Refund sent"), N_("{amount} for {name}: sent to your bank.")),
    "refund_confirmed": Wording(
        N_("Refund confirmed by the bank"), N_("{amount} for {name}: your bank confirms that the money has arrived.")
    ),
    "refund_failed": Wording(
        N_("Refund failed"), N_("{amount} for {name}: your bank did not take the money. We are on it.")
    ),
    "refund_cancelled": Wording(
        N_("Refund cancelled"),
        N_(
            "The product that came back is not {name}: two people compared it with the photos, the weight and the number, independently of each other. So no money is paid. If you disagree, you have the right to object: write to support and name the return {number}."
        ),
    ),
    "refund_restored": Wording(
        N_("Refund prepared"), N_("We looked again: the product is {name} after all. Your money is sent on {at}.")
    ),
    "dispute_won": Wording(
        N_("Dispute decided"),
        N_(
            "Your dispute about {name} was decided in your favour: “{comment}” Choose a pick-up point and bring the product by {until}."
        ),
    ),
    "dispute_lost": Wording(
        N_("Dispute decided"),
        N_("Your dispute about {name} was decided for the seller: “{comment}” The rejection stands."),
    ),
}

_CUSTOMERS_BLOCK = {
    "block_began": Wording(
        N_("You cannot start new returns"),
        N_(
            "The product that came back in the return {number} is not the one you bought. Until {until} you cannot start new returns. If you disagree, appeal by {appeal_by}."
        ),
        "/my-block",
    ),
    "block_raised": Wording(
        N_("You cannot open disputes either"),
        N_("Somebody reviewed your returns again and extended the block to disputes: “{comment}”"),
        "/my-block",
    ),
    "block_lowered": Wording(
        N_("You may open disputes again"),
        N_("An inspection result was revised. You may open disputes again, but not start new returns."),
        "/my-block",
    ),
    "block_appeal_upheld": Wording(
        N_("Appeal upheld"), N_("Your appeal was upheld: “{comment}” You may start new returns again."), "/my-block"
    ),
    "block_appeal_refused": Wording(
        N_("Appeal refused"), N_("Your appeal was refused: “{comment}” The block stays."), "/my-block"
    ),
    "block_lifted": Wording(N_("You may start new returns again"), N_("Your block was lifted. {why}"), "/my-block"),
    "block_over": Wording(N_("You may start new returns again"), N_("The time of your block is over."), "/my-block"),
}

_SELLER_REQUESTS = {
    "request": Wording(
        N_("New request"),
        N_(
            "A customer wants to return {name}: {reason}. Answer by {until}; without an answer the return is approved by itself."
        ),
    ),
    "request_not_moderated": Wording(
        N_("New request"),
        N_(
            "A customer wants to return {name}: {reason}. The pre-moderation is not free any more and you have not agreed to its price, so the request comes to you. Answer by {until}; without an answer the return is approved by itself."
        ),
    ),
    "answer_reminder": Wording(
        N_("Reminder of the deadline"), N_("The request for {name} waits for your answer until {until}. {left}.")
    ),
    "approved_by_timer": Wording(
        N_("Return approved"),
        N_("Nobody answered the request for {name} in time, so the return is approved by the timer."),
    ),
    "approved_for_you": Wording(
        N_("Return approved"), N_("The marketplace approved the return of {name} in the pre-moderation.")
    ),
    "rejected_for_you": Wording(
        N_("Request rejected"),
        N_("The marketplace rejected the request for {name} in the pre-moderation: {reason}. “{comment}”"),
    ),
    "refunded_by_timer": Wording(
        N_("Refunded without return"),
        N_(
            "Nobody decided about {name} in time. It costs too little to come back, so the customer keeps it and gets the price."
        ),
    ),
    "offer_accepted": Wording(N_("Offer accepted"), N_("The customer keeps {name} and receives {amount}.")),
    "offer_declined": Wording(
        N_("Offer declined"), N_("The customer declined your offer for {name}. Decide by {until}.")
    ),
    "offer_unanswered": Wording(
        N_("Offer declined"),
        N_("The customer did not answer your offer for {name}, so it counts as declined. Decide by {until}."),
    ),
    "withdrawn": Wording(N_("Request withdrawn"), N_("The customer withdrew the request for {name}.")),
    "not_brought": Wording(
        N_("Not dropped off in time"), N_("The customer did not bring {name} in time. The return is closed.")
    ),
    "dispute_opened": Wording(
        N_("Dispute opened"),
        N_("The customer objects to the rejection of {name}: “{comment}” The marketplace decides by {until}."),
    ),
    "dispute_for_customer": Wording(
        N_("Dispute decided"),
        N_("The dispute about {name} was decided for the customer: “{comment}” The return is approved."),
    ),
    "dispute_for_seller": Wording(
        N_("Dispute decided"), N_("The dispute about {name} was decided in your favour: “{comment}”")
    ),
}

_SELLER_GOODS = {
    "accepted": Wording(
        N_("Accepted at the pick-up point"), N_("{name} was handed in and goes to the logistics partner.")
    ),
    "accepted_for_disposal": Wording(
        N_("Accepted at the pick-up point"),
        N_("{name} was handed in and will be disposed of. By the rate card you receive {amount} after the refund."),
    ),
    "accepted_without_quote": Wording(
        N_("Accepted at the pick-up point"), N_("{name} was handed in and will be disposed of.")
    ),
    "not_accepted": Wording(
        N_("Not accepted at the pick-up point"),
        N_("The pick-up point did not take {name} in. {reason}. The customer keeps it, and no money is paid."),
    ),
    "late": Wording(
        N_("Late on the way"),
        N_(
            "{name} should have reached the warehouse by now. If it has not come by {until}, it counts as lost and a claim for its price is drafted."
        ),
    ),
    "lost": Wording(N_("Lost on the way"), N_("{name} is lost on the way.")),
    "lost_claim": Wording(
        N_("Lost on the way"),
        N_("{name} is lost on the way. A claim of {amount} on the carrier is drafted: file it by {until}."),
    ),
    "claim_drafted": Wording(
        N_("Claim drafted"), N_("A claim of {amount} for {name} is drafted. {why}. File it by {until}.")
    ),
    "substitution_claimed": Wording(
        N_("Claim filed"),
        N_(
            "Another product came back in place of {name} after the customer was refunded. A claim of {amount} is filed for you: you need not do anything."
        ),
    ),
    "disposed_by_marketplace": Wording(
        N_("Disposed of by the marketplace"), N_("{name} was disposed of. The certificate: {certificate}.")
    ),
    "arrived": Wording(
        N_("Arrived at the partner's warehouse"),
        N_(
            "{name} is at the partner's warehouse {warehouse}. Decide there by {until}; without a decision it is disposed of, without compensation."
        ),
    ),
    "arrived_unlinked": Wording(
        N_("Arrived at the partner's warehouse"),
        N_(
            "{name} is at the partner's warehouse {warehouse}, and your account is not linked there: nobody can decide for you. Sign up on the partner's site, make an API key here under API keys and authorize it there, then decide by {until}. Without a decision it is disposed of, without compensation."
        ),
    ),
    "unlinked_reminder": Wording(
        N_("Reminder of the deadline"),
        N_(
            "{name} lies undecided at the partner's warehouse, and your account is not linked there. {left}: decide by {until}. Sign up on the partner's site, make an API key here under API keys and authorize it there. Without a decision it is disposed of, without compensation."
        ),
    ),
    "found": Wording(
        N_("Found after the claim was paid"),
        N_(
            "{name} was found after its claim was paid. Keep the money or take the product by {until}; without an answer the money stays with you and the product goes to the carrier."
        ),
    ),
    "money_kept": Wording(
        N_("Claim payment kept"), N_("Nobody chose in time: the money stays with you, and {name} goes to the carrier.")
    ),
    "marked": Wording(N_("Inspected by the partner"), N_("The partner inspected {name}. The mark: {mark}.")),
    "substituted": Wording(
        N_("Inspected by the partner"),
        N_(
            "The partner found another product in place of {name}. If the customer has not been refunded yet, you keep the money; otherwise a claim for the full price is drafted."
        ),
    ),
    "decided": Wording(N_("Decision at the partner"), N_("The partner has a decision about {name}: {decision}.")),
    "bound_moved": Wording(
        N_("Decision at the partner"), N_("{name} waits for your decision at the partner until {until}.")
    ),
    "deadline_missed": Wording(
        N_("Nobody decided in time"),
        N_("The time to decide about {name} at the partner is over. It is disposed of, without compensation."),
    ),
    "delivered": Wording(
        N_("Delivered by the partner"),
        N_("The partner delivered {name}. Confirm the receipt on the page of the return."),
    ),
    "disposed_by_partner": Wording(
        N_("Disposed of by the partner"), N_("{name} was disposed of. The certificate: {certificate}.")
    ),
    "disposed_undecided": Wording(
        N_("Disposed of by the partner"),
        N_(
            "{name} was disposed of because nobody decided in time. The certificate: {certificate}. There is no compensation."
        ),
    ),
}

_SELLER_MONEY = {
    "refund_saved": Wording(N_("Refund cancelled"), N_("The customer is not refunded for {name}: you keep the money.")),
    "compensation_accrued": Wording(
        N_("Compensation accrued"), N_("{amount} for {name}: on your account by {until} at the latest.")
    ),
    "compensation_credited": Wording(N_("Compensation credited"), N_("{amount} for {name}: on your account.")),
    "compensation_reversed": Wording(
        N_("Compensation reversed"), N_("{amount} for {name}: the compensation was taken back. “{comment}”")
    ),
    "compensation_waits": Wording(
        N_("Compensation reversed"),
        N_("{amount} for {name}: the refund did not go through, so the compensation waits until it is sent again."),
    ),
    "weight_measured": Wording(
        N_("Another weight was measured"),
        N_(
            "{name} weighs {weight} kg on the scales of the pick-up point, which is another band of the rate card: the compensation would be {amount}. The photo of the scale is on the return's page. You may object until {until}."
        ),
    ),
    "weight_objected": Wording(
        N_("Objection to a weight"),
        N_("{number}: the seller objects to the weight that a pick-up point measured. Decide which one counts."),
    ),
    "weight_measured_counts": Wording(
        N_("The measured weight counts"), N_("{name}: the compensation is counted by the measured weight. {comment}")
    ),
    "weight_catalogue": Wording(
        N_("The weight of the catalogue counts"), N_("{name}: the compensation stays as it was quoted. {comment}")
    ),
    "claim_in_review": Wording(N_("Claim moved on"), N_("Your claim of {amount} for {name} is being reviewed.")),
    "claim_objected": Wording(
        N_("Answer of the carrier"),
        N_("The carrier objects to your claim for {name}: {comment} The marketplace decides."),
    ),
    "claim_unanswered": Wording(
        N_("Answer of the carrier"),
        N_("The carrier did not answer your claim for {name} in time. The marketplace decides without it."),
    ),
    "claim_approved": Wording(N_("Claim moved on"), N_("Your claim of {amount} for {name} was granted.")),
    "claim_refused": Wording(N_("Claim moved on"), N_("Your claim of {amount} for {name} was refused. {comment}")),
    "claim_paid": Wording(N_("Claim moved on"), N_("Your claim of {amount} for {name} was paid to your account.")),
    "claim_reversed": Wording(N_("Claim moved on"), N_("The payment of {amount} for {name} was taken back. {comment}")),
    **webhook_texts.WORDINGS,
    "pushes_switched_off": Wording(
        N_("Push notifications were switched off"),
        N_(
            "Your program at {address} took no push notification for {hours} hours, so they were switched off, and those that waited were dropped. Look at your returns, and switch the address on again by the Seller API when the program works."
        ),
        "/returns",
    ),
    "key_expiring": Wording(
        N_("An API key expires"),
        N_("Your API key “{key}” ending in {last4} expires on {at}. {left}. Make a new one before that."),
        "/keys",
    ),
}

_POINTS = {
    "dwelling": Wording(
        N_("Waits too long at the point"),
        N_(
            "Waiting at the point {point} longer than allowed, {days} days: {products}. Products: {count}. Hand them over to the carrier."
        ),
        "/counter",
    ),
    "dwelling_at_points": Wording(
        N_("Waits too long at a point"),
        N_("Waiting at a point longer than allowed, {days} days: {products}. Products: {count}."),
        "/support/points#dwelling",
    ),
}

_SUPPORT = {
    "refund_attempts_used": Wording(
        N_("A refund failed for the last time"),
        N_(
            "The bank refused the refund of {number} {attempts} times; more attempts are not allowed. Ask the customer."
        ),
        "/support",
    ),
    "payout_in_doubt": Wording(
        N_("A payout file is in doubt"),
        N_("Whether the bank has payout file {file} is unknown. Refunds in it: {count}."),
        "/support/payouts",
    ),
    "bank_breaks": Wording(
        N_("The bank says something else"),
        N_("Entries of bank statement {file} that fit no refund: {count}."),
        "/support/payouts",
    ),
    "compensations_late": Wording(
        N_("Compensations that are not credited yet"),
        N_(
            "Day {days} after the refund has begun and these compensations are not credited: {count}, together {amount}. They are due by {due_by}."
        ),
        "/finance?tab=alarm",
    ),
    "claims_unanswered": Wording(
        N_("Carriers that do not answer"),
        N_("No answer to a claim within {days} days: {products}. Claims: {count}. Decide them by the evidence."),
        "/support#claims",
    ),
}

_RECONCILIATION = {
    "breaks_found": Wording(
        N_("Something does not agree"),
        N_("Books, invoices and facts were compared, and something does not agree: {breaks}. Breaks: {count}."),
        "/reconciliation",
    ),
}

NOTICES = {
    **_CUSTOMER,
    **_CUSTOMERS_BLOCK,
    **_SELLER_REQUESTS,
    **_SELLER_GOODS,
    **_SELLER_MONEY,
    **_POINTS,
    **_SUPPORT,
    **_RECONCILIATION,
    "support_wrote": Wording(
        N_("Support wrote to you"), N_("About {name}, return {number}: {text}"), "/returns/{case_id}/messages"
    ),
}
# What is closed in these was written to the very customer who reads it; a seller's letter has nothing closed.
THEIR_OWN = frozenset({"support_wrote"})

# Why the law itself refused a claim or took it back; support's own words stand as they are.
BECAUSE = {
    "found": N_("The product was found."),
    "refund_cancelled": N_("The customer is not refunded, so you keep the money."),
    "refund_failed": N_("The refund did not go through, so you keep the money."),
    "not_filed": N_("It was not filed in time."),
    "not_substituted": N_("It is the right product after all."),
    "not_damaged": N_("By the newer inspection the product is not damaged."),
    "substituted": N_("By the newer inspection it is another product."),
}

LANGUAGE = Language(
    N_("Marketplace"),
    NOTICES,
    {
        "rejection": texts.REJECTION_LABELS,
        "reason": texts.REASON_LABELS,
        "point": texts.REFUSED_AT_POINT,
        "claim": texts.CLAIM_KINDS,
        "mark": texts.MARK_LABELS,
        "decision": texts.DECISION_LABELS,
        "because": BECAUSE,
        "block_end": texts.BLOCK_ENDS,
    },
    "/returns/{case_id}",
)
