"""The words that people see for our codes. Every text is an English msgid; the catalogues translate it."""

from backhaul.kit import media, passwords, second_factor_texts, webhook_texts
from backhaul.kit.i18n import N_, Message, ngettext
from backhaul.partner import billing_texts

# The tabs of Order management, by what needs a decision.
TABS = {
    "decide": N_("Decide now"),
    "decided": N_("Decided"),
    "work": N_("In work"),
    "done": N_("Done"),
    "coming": N_("On the way here"),
}
TABS_EMPTY = {
    "decide": N_("Nothing waits for your decision."),
    "decided": N_("No decision waits for the warehouse."),
    "work": N_("The warehouse works on nothing of yours."),
    "done": N_("Nothing is finished yet."),
    "coming": N_("Nothing is on its way here."),
}

# The queues of the warehouse.
QUEUES = {
    "expected": N_("Expected"),
    "inspect": N_("To inspect"),
    "second": N_("Second person"),
    "second_checks": N_("Second checks"),
    "media": N_("Photos or video ordered"),
    "labels": N_("Labels to print"),
    "claims": N_("Claims to review"),
    "pickups": N_("Pick-ups"),
    "sent": N_("Sent, not delivered yet"),
    "disposal_due": N_("Deadline missed"),
    "destroy": N_("To destroy"),
}
QUEUES_EMPTY = N_("This queue is empty.")

# The dock.
DOCK_TABS = {
    "/receiving": N_("Receive"),
    "/receiving/expected": N_("Expected"),
    "/receiving/gate": N_("Gate check"),
    "/receiving/put-away": N_("Put away"),
    "/receiving/shelves": N_("Shelves"),
    "/receiving/orphans": N_("Orphan bay"),
    "/receiving/vehicles": N_("Vehicles"),
}
GATE_LABELS = {
    "none": N_("Not recorded"),
    "due": N_("Gate check due"),
    "passed": N_("Gate check passed"),
    "mismatch": N_("Something was off at the gate"),
}
GATE_FINDINGS = {
    "label": N_("the label is of another unit"),
    "item_code": N_("the code on the product is another one"),
    "seal": N_("the seal is broken"),
    "weight": N_("the weight is off"),
    "packaging": N_("the packaging is damaged"),
    "hazard": N_("dangerous goods"),
}
QUARANTINE_LABELS = {
    "none": N_("No quarantine"),
    "held": N_("In quarantine"),
    "released": N_("Released from quarantine"),
}
ORPHAN_STATUSES = {
    "open": N_("In the orphan bay"),
    "matched": N_("Matched"),
    "returned_to_carrier": N_("Returned to the carrier"),
    "handed_to_marketplace": N_("Handed to the marketplace"),
    "disposed": N_("Disposed of"),
}
ORPHAN_EVENTS = {
    "Registered": N_("Registered without a known code"),
    "Moved": N_("Moved to another shelf"),
    "OrphanLabelPrinted": N_("Our label printed"),
    "Matched": N_("Matched to an expected unit"),
    "Closed": N_("Left the orphan bay"),
}
ORPHAN_COMMANDS = {
    "Register": (
        N_("Register in the orphan bay"),
        N_("Everything is accepted. Nobody's days begin before it is matched."),
    ),
    "Move": (N_("Move to another shelf"), N_("Scan or type the shelf.")),
    "ReturnToCarrier": (N_("Return to the carrier"), N_("Say who took it.")),
    "HandToMarketplace": (N_("Hand to the marketplace"), N_("Say who took it.")),
    "DisposeOrphan": (
        N_("Dispose of it"),
        N_("Nobody asked for it in {orphan_dispose_days} days. Say how it was destroyed, and before whom."),
    ),
}
ORPHAN_MATCH = N_("It is this one")
CANDIDATE_REASONS = {
    "code": N_("a code on it is this unit's"),
    "item": N_("the product has this code"),
    "waybill": N_("the waybill is similar"),
    "weight": N_("the weight is near"),
    "name": N_("words of the name"),
    "carrier": N_("the same carrier"),
    "days": N_("expected in these days"),
    "lost": N_("said to be lost"),
}

STATUS_LABELS = {
    "expected": N_("On the way here"),
    "arrived": N_("At the warehouse"),
    "disposal_due": N_("Deadline missed, disposal due"),
    "in_work": N_("In work"),
    "picked_up": N_("Picked up"),
    "delivered": N_("Delivered"),
    "disposed": N_("Disposed of"),
}
MARK_LABELS = {
    "serviceable": N_("Serviceable"),
    "partially_damaged": N_("Partially damaged"),
    "completely_damaged": N_("Completely damaged"),
    "substituted": N_("Substituted product"),
}
# The names of the marks in each variant of the rules.
MARK_LABELS_OF = {
    "T": MARK_LABELS,
    "C": {
        **MARK_LABELS,
        "serviceable": N_("Goods in good condition"),
        "substituted": N_("Wrong version of the goods"),
    },
}
MARK_HINTS = {
    "serviceable": N_("Complete and unused. The box may be opened."),
    "partially_damaged": N_("A minor defect. A photo of it and its name are needed."),
    "completely_damaged": N_("Defective, or cannot be sold again. A photo of it and its name are needed."),
    "substituted": N_("Another product. Three photos and a comparison are needed, then a second person."),
}
INSPECTION_LABELS = {
    "none": N_("Not inspected"),
    "queued": N_("To be inspected"),
    "awaiting_second": N_("Waiting for a second person"),
    "done": N_("Inspected"),
}
# What a seller reads: that a substitution is suspected is said once two people are sure.
INSPECTION_FOR_SELLERS = {**INSPECTION_LABELS, "awaiting_second": N_("Being inspected")}
INSPECTION_REASONS = {
    "price": N_("the price is over {inspect_above_rub} roubles"),
    "reason_group": N_("the reason of the return asks for it"),
    "weight": N_("the weight is off"),
    "packaging": N_("the packaging is damaged"),
    "serial": N_("it has a serial number"),
    "marking_code": N_("it has a marking code"),
    "checklist": N_("the pick-up point could not check it"),
    "identity": N_("label or product code did not agree at the gate"),
    "seal": N_("the seal was broken"),
    "point_watched": N_("its pick-up point is watched"),
    "lost": N_("it was declared lost on the way"),
    "carrier_watched": N_("its carrier is watched"),
    "disposal": N_("it goes to disposal while somebody may be liable"),
    "seller_new": N_("it is among the first {inspect_first_of_seller} units of the seller"),
    "sku_new": N_("it is among the first {inspect_first_of_sku} units of the product"),
    "dispute": N_("there was a dispute about the return"),
    "drawn": N_("it was drawn"),
    "draw_closed": N_("no draw was open, so everything is inspected"),
}
# What a unit drew.
DRAWN = N_("Drawn: {number} < {share}, epoch {epoch}.")
NOT_DRAWN = N_("Not drawn: {number} ≥ {share}, epoch {epoch}.")
MEDIA_KINDS = {
    "photo": N_("Photos"),
    "video": N_("A short video"),
    "both": N_("Photos or a video, whichever shows more"),
}
MEDIA_LABELS = {"none": N_("Not ordered"), "ordered": N_("Ordered"), "ready": N_("Ready")}
SHIPMENT_LABELS = {
    "none": N_("None"),
    "label_printed": N_("Label printed"),
    "dispatched": N_("Sent"),
    "delivered": N_("Delivered"),
    "lost": N_("Lost by the carrier"),
}
DISPOSAL_LABELS = {
    "none": N_("None"),
    "held": N_("Can be undone by itself"),
    "instructed": N_("Waits for the warehouse"),
    "started": N_("Being destroyed"),
    "destroyed": N_("Destroyed"),
}
DECISION_LABELS = {
    "none": N_("No decision yet"),
    "pickup": N_("Keep for pick-up"),
    "ship_ru": N_("Ship to Russia"),
    "ship_cn": N_("Ship to China"),
    "ship_hk": N_("Ship to Hong Kong"),
    "dispose": N_("Dispose of it"),
}
DECISION_HINTS = {
    "pickup": N_("Your collector shows a one-time code. Collect within {keep_days} days; storage is paid by the day."),
    "ship_ru": N_("To your warehouse, or that of your partner, in Russia."),
    "ship_cn": N_("To your warehouse in China. Duties and export papers are not in the price."),
    "ship_hk": N_(
        "To your warehouse in Hong Kong, its own customs territory. Duties and export papers are not in the price."
    ),
    "dispose": N_("It is destroyed, with a certificate. You can change your mind for {undo_hours_person} hours."),
}
DECIDED_BY = {
    "seller": N_("the seller in person"),
    "api_key": N_("an API key of the seller"),
    "rule": N_("the seller's rule for cheap products"),
}
NOT_CONFIRMED = N_("not confirmed yet")
REASON_GROUPS = {
    "fit_or_dislike": N_("Fit and taste"),
    "defect": N_("Defect"),
    "misgrading": N_("Wrong or incomplete"),
    "damage_on_delivery": N_("Damaged on delivery"),
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
SERVICE_LABELS = {
    "receipt": N_("Receipt at the warehouse"),
    "media": N_("Photo set"),
    "ship_ru": N_("Shipment to Russia"),
    "ship_cn": N_("Shipment to China"),
    "ship_hk": N_("Shipment to Hong Kong"),
    "storage": N_("Storage, a day after the decision"),
    "disposal": N_("Disposal"),
}
ROLE_LABELS = {
    "seller": N_("Seller"),
    "receiver": N_("Receiving dock"),
    "inspector": N_("Inspection"),
    "supervisor": N_("Supervisor"),
    "marketplace": N_("Marketplace"),
    "calendar": N_("Calendar"),
    "carrier": N_("Carrier"),
}

# The button of a command, and one sentence on what it does.
COMMAND_LABELS = {
    "DisposeOnArrival": (
        N_("Dispose of it once received"),
        N_("No storage, no decision later. Can be changed until it arrives."),
    ),
    "OrderMedia": (
        N_("Order photos or video"),
        N_("One set of photos or a video of this unit, within {media_working_days} working days."),
    ),
    "Decide": (N_("Decide"), N_("Changeable until the work on it starts.")),
    "Arrive": (N_("Receive the parcel"), N_("The seller's time to decide starts now.")),
    "CheckGate": (N_("Check at the gate"), N_("One minute: label, product code, weight, packaging, seal, a photo.")),
    "PutAway": (N_("Put on a shelf"), N_("Scan or type the shelf on which it lies now.")),
    "ReleaseQuarantine": (
        N_("Release from quarantine"),
        N_("From then on it may be shipped or handed over. The reason stays in the history."),
    ),
    "PrintLabel": (N_("Print the label"), N_("The decision is locked, the shipment is charged.")),
    "Dispatch": (N_("Send it off"), N_("The carrier took the shipment. The seller reads the tracking number.")),
    "NoteShipmentLost": (
        N_("Note the shipment as lost"),
        N_("The carrier lost it. If it turns up after all, confirm its delivery."),
    ),
    "ConfirmDelivery": (N_("Confirm the delivery"), N_("The carrier delivered the shipment.")),
    "HandOver": (
        N_("Hand over to the collector"),
        N_("Ask for the one-time code or the seller's bar code, and a document with the name."),
    ),
    "StartDisposal": (N_("Start the disposal"), N_("Take it off the shelf. From here nothing can be undone.")),
    "Destroy": (N_("Certify the destruction"), N_("Method, witness and photos go into the certificate.")),
    "QueueInspection": (N_("Choose for inspection"), N_("Say why: the seller will read it.")),
    "Mark": (N_("Mark the product"), N_("A later mark is a new revision; nothing is overwritten.")),
    "ConfirmMark": (N_("Confirm the substitution"), N_("You looked yourself and agree: it is another product.")),
    "TakeUpClaim": (N_("Review the claim"), N_("Look at what each hand saw of the unit.")),
    "ApproveClaim": (N_("Grant the claim"), N_("The marketplace pays the seller the full price.")),
    "RefuseClaim": (N_("Refuse the claim"), N_("Seller and marketplace read your reason.")),
    "DeliverMedia": (N_("Deliver the photos"), N_("Deliver what the seller ordered.")),
    "Reopen": (
        N_("Give the seller more time"),
        N_("{reopen_days} more days, with a reason that the seller will read."),
    ),
}
# Second checks.
SECOND_CHECK = (
    N_("Check it again"),
    N_("Somebody marked it already. Look yourself and say what you find: you see the first mark afterwards."),
)
REVIEW = (N_("Decide"), N_("The mark is revised only if you say so; nothing is overwritten."))
VERDICTS = {"first_stands": N_("The first mark stands"), "revised": N_("The second check is right: revise the mark")}
SECOND_STATUSES = {
    "ordered": N_("To be checked again"),
    "agreed": N_("Agreed"),
    "differs": N_("To review"),
    "first_stands": N_("The first mark stands"),
    "revised": N_("The mark was revised"),
    "gone": N_("Left before it was checked again"),
}
KEEP_AFTER_ALL = (N_("Do not dispose of it after all"), N_("It will be stored, and you decide when it is here."))
DANGEROUS = frozenset({"StartDisposal", "Destroy", "DisposeOnArrival", "RefuseClaim"})

FIELD_LABELS = {
    **webhook_texts.FIELD_LABELS,
    "decision": N_("Decision"),
    "payer": N_("Who bears it"),
    "kind": N_("What you would like to see"),
    "comment": N_("Comment"),
    "destination_id": N_("Address from your book"),
    "warehouse": N_("Warehouse"),
    "weight_gram": N_("Weight, grams"),
    "packaging_intact": N_("The packaging is intact"),
    "hazard": N_("Dangerous goods: to the quarantine zone"),
    "label_matches": N_("The label is of this unit"),
    "item_code": N_("Code on the product"),
    "item_unreadable": N_("There is no readable code on the product"),
    "seal_intact": N_("The seal is intact"),
    "codes": N_("Codes on the parcel, one a line"),
    "form": N_("Label as"),
    "photos": N_("Photos"),
    "videos": N_("Short video"),
    "photo_code": N_("Code in the frame of the photos"),
    "shelf": N_("Shelf"),
    "carrier": N_("Carrier"),
    "tracking": N_("Tracking number"),
    "collector": N_("Name of the collector"),
    "code": N_("One-time code"),
    "method": N_("Method"),
    "witness": N_("Witness"),
    "reason": N_("Reason"),
    "mark": N_("Mark"),
    "verdict": N_("Verdict"),
    "defect": N_("Defect"),
    "note": N_("Note"),
    "comparison": N_("Comparison: weight, serial number, photos"),
    "wanted": N_("Dispose of it once received"),
    "carton": N_("Carton"),
    "length_cm": N_("Length, cm"),
    "width_cm": N_("Width, cm"),
    "height_cm": N_("Height, cm"),
    "hs_code": N_("HS code"),
    "origin": N_("Country of origin"),
    "received_by": N_("Received by"),
    "delivered_on": N_("Day of the delivery"),
    "proof": N_("Proof of delivery, a photo or PDF"),
    "place": N_("Place"),
    "at": N_("When"),
    "file": N_("File"),
    "number": N_("Number"),
    "price_minor": N_("Price"),
    "login": N_("E-mail"),
    "password": N_("Password"),
    "name": N_("Your name"),
    "company": N_("Company"),
    "country": N_("Country"),
    "city": N_("City"),
    "street": N_("Street and building"),
    "contact": N_("Contact person and telephone"),
    "platform": N_("Platform Information"),
    "business_type": N_("Business type"),
    "seller_id": N_("Seller ID"),
    "key": N_("Access key"),
    "below_rub": N_("Cheaper than, roubles"),
    "sku": N_("SKU"),
    "only_units": N_("Only units"),
    **billing_texts.FIELD_LABELS,
}

# Which units a standing rule is for, when it is not for all.
DEFECT_LABELS = {"with_defect": N_("with a defect"), "without_defect": N_("without a defect")}

# Where the long official name is not what people say.
COUNTRIES = {"HK": N_("Hong Kong"), "TR": N_("Turkey")}

PLATFORMS = {"marketplace": N_("Marketplace integration")}
BUSINESS_TYPES = {
    "RETURN_PRODUCT": N_("Return the product"),
    "CANCEL_ORDERS": N_("Cancel the orders"),
}
LINK_MODES = {
    "returns": N_("You can decide"),
    "view_only": N_("View only: decisions must be made with a Returns key"),
}
LINK_STATES = {"active": N_("Linked"), "authorization_lost": N_("Authorization lost")}

# Where both houses differ, and what is done about it.
DIFFERENCE_LABELS = {
    "missing_here": N_("The unit is not known here"),
    "missing_there": N_("The marketplace does not know the unit"),
    "loss": N_("Lost on the way or not"),
    "arrival": N_("Arrival"),
    "mark": N_("Mark"),
    "status": N_("State"),
    "decision": N_("Decision"),
    "deadline": N_("Deadline"),
    "disposal": N_("Disposal certificate"),
}
REMEDY_LABELS = {
    "waits": N_("A message is on its way"),
    "tell": N_("We told it again"),
    "ask": N_("We asked for the message again"),
    "person": N_("Somebody must look at it"),
}
STAGE_LABELS = {
    "coming": N_("On the way here"),
    "lost": N_("Lost on the way"),
    "here": N_("At the warehouse"),
    "held": N_("Held until a claim is settled"),
}

KEY_ROLES = {"returns": N_("Returns"), "returns_read_only": N_("Returns read-only")}
KEY_STATUSES = {"active": N_("Active"), "revoked": N_("Revoked"), "expired": N_("Expired")}

# Days since the arrival, as `receiving_queries.AGES` counts them.
SHELF_AGES = (
    N_("0–3 days"), N_("4–7 days"), N_("8–10 days"), N_("11–13 days"), N_("14 days"), N_("over 14 days"),
)  # fmt: skip
EVENT_LABELS = {
    "Expected": N_("Announced by the marketplace"),
    "DispatchNoted": N_("Left the pick-up point"),
    "LostNoted": N_("Lost on the way, says the marketplace"),
    "DisposalOnArrivalChosen": N_("Disposal on arrival chosen or withdrawn"),
    "Arrived": N_("Arrived at the warehouse"),
    "GateChecked": N_("Checked at the gate"),
    "GateAlarmed": N_("Gate check is late"),
    "Shelved": N_("Lies on a shelf now"),
    "ParcelLabelPrinted": N_("Our label printed"),
    "QuarantineReleased": N_("Released from quarantine"),
    "InspectionQueued": N_("Chosen for inspection"),
    "MarkProposed": N_("Substitution found, second person needed"),
    "Marked": N_("Inspected"),
    "SecondChecked": N_("Checked again by a second person"),
    "MediaOrdered": N_("Photos or video ordered"),
    "MediaDelivered": N_("Photos or video ready"),
    "DeadlineMoved": N_("Deadline moved"),
    "Decided": N_("Decided"),
    "LabelPrinted": N_("Label printed"),
    "Dispatched": N_("Sent to the destination"),
    "Delivered": N_("Delivered"),
    "ShipmentLost": N_("Lost by the carrier"),
    "HandedOver": N_("Handed over to the collector"),
    "Reminded": N_("Reminder of the deadline"),
    "DeadlineMissed": N_("Nobody decided in time"),
    "ClaimNoted": N_("Claim for the substituted product"),
    "ClaimReviewed": N_("Claim reviewed"),
    "KeepingExpired": N_("Not collected in time"),
    "Reopened": N_("Opened again by a supervisor"),
    "DisposalPostponed": N_("Destruction postponed: authorization lost"),
    "DisposalInstructed": N_("Released for destruction"),
    "DisposalStarted": N_("Disposal started"),
    "Destroyed": N_("Destroyed"),
}
CLOCK_LABELS = {
    "MissDeadline": N_("Without a decision the unit is disposed of."),
    "ExtendDeadline": N_("The photos are late: the deadline moves by a day."),
    "KeepExpired": N_("If nobody collects it, the seller must decide anew."),
    "InstructDisposal": N_("From then on the warehouse may destroy it."),
    "Remind": N_("The seller is reminded."),
    "AlarmGate": N_("If it is not checked at the gate by then, the warehouse is told."),
}

CLAIM_LABELS = {
    "none": N_("No claim"),
    "filed": N_("Filed, to be reviewed"),
    "in_review": N_("In review"),
    "approved": N_("Granted"),
    "refused": N_("Refused"),
    "paid": N_("Paid"),
    "reversed": N_("Taken back"),
}
PAYERS = {
    "marketplace": N_("The marketplace: the point did not check"),
    "carrier": N_("The carrier: changed after the point"),
    "fraud_fund": N_("The marketplace's fraud fund"),
}
BREAKER_TURNS = {
    "tripped": N_("All destruction stopped"),
    "release_proposed": N_("A release was proposed"),
    "released": N_("Released by a second person"),
}

# Why this date: the sentence of each step of a parcel's time (rules/explaining.py).
WHY: dict[str, Message] = {
    "counted_from_scan": N_("The unit was scanned in on {at}: the time counts from then."),
    "counted_from_receipt": N_("The scanner says {claimed_at}, we received it on {at}: the later one counts."),
    "window": ngettext(
        "There is {days} day to decide after the day of the arrival, counted in Moscow: until {until}.",
        "There are {days} days to decide after the day of the arrival, counted in Moscow: until {until}.",
        "days",
    ),
    "media_in_time": N_(
        "Photos were ordered in time, to be ready until {due}. If they are late, the time grows by as many days."
    ),
    "media_after_day_12": N_("Photos were ordered, to be ready until {due}, too late to lengthen the time to decide."),
    "moved": ngettext(
        "The photos were late: {days} day in all is given back. New end: {until}.",
        "The photos were late: {days} days in all are given back. New end: {until}.",
        "days",
    ),
    "decided": N_("On {at} the decision was made: {decision}. No clock runs until the work begins."),
    "disposal_by_seller": N_("On {at} the seller chose disposal. A person can change that until {hold_until}."),
    "disposal_by_api_key": N_("On {at} a program of the seller chose disposal. It can be changed until {hold_until}."),
    "disposal_by_rule": N_("On {at} the seller's rule chose disposal. A person can change that until {hold_until}."),
    "to_collect": N_("On {at} the unit was kept for a collector, who can come until {until}."),
    "missed": N_("Nobody decided until {until}. Destruction waits at least until {hold_until}, the next working day."),
    "not_collected": N_("Nobody collected it. A new round to decide began: until {until}."),
    "reopened": N_("A supervisor opened the decision again: {reason} New end: {until}."),
    "postponed_link": N_(
        "The marketplace does not honour the seller's key now, so destruction waits: looked at again on {hold_until}."
    ),
    "postponed_breaker": N_(
        "Far more units than usual came up for destruction at once, so all of it waits for two people: looked at again on {hold_until}."
    ),
}

# Of a version conflict, when what changed is the decision (J12).
DECIDED_MEANWHILE = N_(
    "{decided_by} decided meanwhile, on {decided_at}: {decision}. Look again; it can be changed until the work starts."
)

# When nothing can be done in this state at all.
NOT_IN_THIS_STATE = N_("This cannot be done now: the state is “{status}”.")

REFUSALS: dict[str, Message] = {
    **media.REFUSALS,
    **webhook_texts.REFUSALS,
    **second_factor_texts.REFUSALS,
    "not_found": N_("There is nothing here, or it is not yours."),
    "not_in_this_state": N_("This cannot be done now: the state is “{status}”. Possible now: {allowed}."),
    "not_your_role": N_("This is not for you to do."),
    "role_read_only": N_("This key can only read."),
    "link_view_only": N_("View only: decisions must be made with a Returns key. Link again with such a key."),
    "authorization_lost": N_("Authorization lost: the marketplace refuses your key. Link again; the clock runs on."),
    "days_invalid": N_("The last day is before the first one, or a day cannot be read."),
    "ledger_statement_too_long": N_("The statement has more than {rows_max} lines: choose a shorter period, or CSV."),
    "account_unknown": N_("There is no such account."),
    "unknown_currency": N_("Choose a currency from the list."),
    "version_conflict": N_("Somebody else changed this parcel meanwhile. Look at it again, then decide."),
    "decision_window_closed": N_("Too late: the time to decide ended on {decide_by}."),
    "decision_locked": N_("The decision is locked, the work on it has started ({decision})."),
    "decided_in_time": N_("It was decided in time."),
    "not_decided_so": N_("That is not what the seller decided ({decision})."),
    "media_once_a_unit": N_("One set of photos a unit can be ordered."),
    "inspection_brings_photos": N_("The inspection brings photos of this unit anyway."),
    "inspection_not_done": N_("The inspection must be finished first."),
    "media_not_ready": N_("The ordered photos must be made first."),
    "undo_hold": N_("The seller can still undo the disposal, until {not_before}."),
    "photos_needed": ngettext(
        "At least {photos_min} photo is needed.", "At least {photos_min} photos are needed.", "photos_min"
    ),
    "video_needed": N_("The seller ordered a video: add one."),
    "photos_unknown": N_("Upload the photos first."),
    "photo_code_needed": N_("The one-time code for the photos is missing. It must be in the frame of each photo."),
    "photo_code_used": N_("The code {shown} was used before. Take new photos with the code that you see now."),
    "photo_code_wrong": N_(
        "The code {shown} is not yours for this parcel, or older than {minutes} minutes. Take new photos with the code that you see now."
    ),
    "photo_used_elsewhere": N_("One of these photos was used for another parcel. Take new photos of this one."),
    "second_check_open": N_("This unit waits for a second check. Say what you find there."),
    "second_check_done": N_("This second check is done."),
    "second_check_gone": N_("The unit left before it was checked again."),
    "nothing_to_review": N_("There is nothing to review."),
    "draw_not_over": N_("This epoch is not over: its key and log are published on {ends}."),
    "defect_needed": N_("Name the defect."),
    "comparison_needed": N_("Write down what you compared: weight, serial number, photos."),
    "second_person_needed": N_("A second person must do this."),
    "release_waits": N_("{by} proposed a release already. Another supervisor must agree."),
    "nothing_to_confirm": N_("There is nothing to confirm."),
    "policy_value_invalid": N_("{field}: this value does not fit."),
    "valid_from_is_past": N_("A version cannot hold from an instant that has passed."),
    "valid_from_is_too_far": N_("A version cannot begin more than ten years from now."),
    "policy_changed": N_("Somebody else published a version of the policy meanwhile. Look at what differs again."),
    "tariff_changed": N_("Somebody else published a version of the tariff meanwhile. Look at what differs again."),
    "nothing_changes": N_("Nothing differs from the version in force."),
    "explanation_required": N_("Explain in at least {characters_min} characters."),
    "scanner_clock_is_ahead": N_("The scanner's clock is more than {hours_max} hours ahead."),
    "wrong_code": N_("The one-time code is wrong."),
    "unknown_decision": N_("Choose one of the decisions."),
    "unknown_destination": N_("Choose an address from your book."),
    "destination_in_another_country": N_("This address is in {country}."),
    "destination_not_confirmed": N_("A second person must confirm the address before anything is shipped there."),
    "destination_too_new": N_("The address is new. Nothing is shipped there before {not_before}."),
    "destination_not_allowed": N_(
        "Neither the marketplace nor its partners ship to {country}. Choose your partner's warehouse in Russia."
    ),
    "disposal_not_in_your_variant": N_(
        "Sellers from your country cannot choose disposal here: a unit is disposed of only when nobody decides in time."
    ),
    "destination_not_in_your_variant": N_(
        "From where you are registered nothing can be sent to {country}. Possible: {allowed}."
    ),
    "address_incomplete": N_("City and street are needed."),
    "address_contradicts_country": N_("The address names a city in {named}, but the country is {country}."),
    "unknown_act": N_("There is no such act."),
    "unknown_variant": N_("This variant is not known."),
    "credentials_missing": N_("A session token or an API key is needed."),
    "wrong_key": N_("This key is not known."),
    "key_revoked": N_("This key has been revoked."),
    "key_network_not_allowed": N_("The marketplace does not let us use this key: its allowed networks leave ours out."),
    "key_expired": N_("This key has expired."),
    "wrong_seller_id": N_("This key belongs to another seller ID."),
    "wrong_business_type": N_("This business type does not fit the seller's country. Choose: {right}."),
    "unknown_business_type": N_("Choose a business type."),
    "unknown_platform": N_("Choose a platform."),
    "platform_away": N_("The platform does not answer now. Nothing was saved; try again shortly."),
    "wrong_key_or_seller_id": N_(
        "The platform does not know this key for this seller ID. Copy the whole key once more and check the number."
    ),
    "wrong_seller_id_form": N_(
        "The platform does not take this seller ID: it must be the number of your account there."
    ),
    "key_deactivated": N_("The platform says that this key is revoked or has expired. Make a new one there."),
    "key_without_returns": N_("This key does not open the returns. Make one with the role Returns at the platform."),
    "key_refused": N_("The platform refuses this key."),
    "offer_not_signed": N_("The platform wants you to sign its current contract first."),
    "address_unusable": N_("The address is not one that can be called."),
    "address_not_https": N_("The address must begin with https://."),
    "address_inside": N_("The address leads into an internal network."),
    "address_unknown": N_("The address cannot be found."),
    "port_unusable": N_("Servers at port {port} are not called."),
    "platform_id_form": N_("The short name has small letters, digits and hyphens, {characters_max} at most."),
    "platform_name_length": N_("The name of a platform has 1 to {characters_max} characters."),
    "platform_is_ours": N_("This is the short name of our own marketplace."),
    "price_out_of_range": N_("The price must be {low} or more."),
    "key_name_length": N_("A key's name has 1 to {characters_max} characters."),
    "key_name_taken": N_("Another active key has this name."),
    "too_many_keys": N_("At most {keys_max} active keys are allowed."),
    "unknown_key_role": N_("Choose Returns or Returns read-only."),
    "owner_only": N_("Only the owner of the account may do this."),
    "seller_needs_company": N_("A seller belongs to a company."),
    "form_incomplete": N_("E-mail, name and company are needed."),
    "password_too_short": N_("A password has at least {characters_min} characters."),
    "password_wrong": N_("This is not your current password."),
    "passwords_differ": N_("The two passwords are not the same."),
    **passwords.REFUSALS,
    "login_taken": N_("There is an account with this e-mail already."),
    "unknown_country": N_("Choose a country."),
    "unknown_language": N_("This language is not known."),
    "email_not_confirmed": N_("Confirm your e-mail address first: the link was sent to you."),
    "confirmation_unknown_or_expired": N_("This link is used up or too old. Sign up again."),
    "code_unknown": N_("Nothing here carries the code {text}."),
    "version_needed": N_("This form does not say which state it saw. Load the page again."),
    "version_unreadable": N_('If-Match must be the version that you saw, as "7".'),
    "key_used_for_another_request": N_("This Idempotency-Key belongs to another request."),
    "request_in_progress": N_("The same request is being answered just now. Ask again in a moment, with the same key."),
    "bad_signature": N_("The signature is wrong."),
    "message_too_old": N_("The message is too old."),
    "not_the_promised_file": N_("The photo that the other side sent is not the one it promised."),
    "picture_too_large": N_("A picture may have at most {bytes_max} bytes."),
    "not_a_picture": N_("This file is not a picture that we can read (JPEG, PNG or WebP)."),
    "field_invalid": N_("The field {field} does not fit: {reason}."),
    "text_unstorable": N_("A text has a character that cannot be stored (number 0)."),
    "body_invalid": N_("The request cannot be read."),
    "body_too_large": N_("The body is too large."),
    "media_type_unknown": N_("This media type is not understood."),
    "method_not_allowed": N_("This method is not allowed here."),
    "sign_in_needed": N_("Sign in first."),
    "session_over": N_("Your session is over. Sign in again: what you typed is kept."),
    "sign_in_failed": N_("The e-mail or the password is wrong."),
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
    "bulk_size": N_("Between {low} and {high} at a time are possible."),
    "nothing_chosen": N_("Choose the parcels first."),
    "file_columns_missing": N_("These columns are missing in the first row of the file: {columns}."),
    "file_empty": N_("The file says nothing."),
    "file_too_large": N_("A file may have at most {bytes_max} bytes."),
    "file_not_utf8": N_("Save the file as CSV in UTF-8."),
    "item_repeated": N_("The parcel {parcel_id} is chosen twice. Say once what shall be done with it."),
    "file_not_csv": N_("This file cannot be read as CSV. Check its quotation marks, or save it again as CSV in UTF-8."),
    "row_repeated": N_("The parcel {text} stands in the file twice."),
    "breaker_open": N_("All destruction is stopped: far more came up than usual. Two people must release it first."),
    "another_collector": N_("The seller named another collector: {named}."),
    "rule_without_condition": N_("A rule needs at least one condition: a price, an SKU or a reason."),
    "rule_is_there": N_("There is a rule with these conditions already."),
    "too_many_rules": N_("At most {rules_max} rules for a seller are possible."),
    "too_many_passes": N_("At most {passes_max} vehicles can be announced at a time."),
    "pass_unknown": N_("There is no such announced vehicle."),
    "pass_is_over": N_("This vehicle was to come already."),
    "no_pickups_there": N_("No unit of the seller waits for a collector at this warehouse."),
    "arrival_not_possible": N_("A vehicle can be announced from now on, at most {days_max} days ahead."),
    "unknown_reason": N_("Choose one of the reasons."),
    "code_needed": N_("Scan or type a code first."),
    "gate_check_due": N_("The gate check must be done first, until {due}."),
    "in_quarantine": N_("It is in quarantine: a supervisor must release it before it leaves."),
    "quarantine_only": N_("Dangerous goods stay in quarantine. Shelves for them: {shelves}."),
    "shelf_needed": N_("Say which shelf."),
    "shelf_first": N_("Scan the shelf first, then the parcels that you put there."),
    "shelf_full": N_("The shelf {shelf} is full: it holds {units_max}. Choose another one."),
    "weight_needed": N_("Weigh it: the gate check needs the weight."),
    "item_code_needed": N_("Scan the code on the product, or say that none can be read."),
    "unknown_label_form": N_("A label is printed as one of: {known}."),
    "too_many_labels": N_("At most {count_max} labels at once."),
    "no_label_now": N_("{parcel} gets no label now: the state is “{status}”."),
    "orphan_is_closed": N_("It is no longer in the orphan bay: {orphan_status}. {parcel}"),
    "orphan_too_young": N_("It must lie in the orphan bay until {not_before}: somebody may still ask for it."),
    "unknown_parcel": N_("There is no such expected unit."),
    "parcel_is_here": N_("{parcel} is no longer expected: the state is “{status}”."),
    "unknown_warehouse": N_("Choose a warehouse from the list."),
    "in_a_consignment": N_("This unit travels in the consignment {consignment}: do it there, for all of its units."),
    "consignment_not_in_this_state": N_("This cannot be done with {number} now: it is “{consignment_status}”."),
    "consignment_changed": N_("Somebody else changed this consignment meanwhile. Look at it again."),
    "unit_not_in_store": N_("{number} is not in store: its state is “{status}”."),
    "unit_is_not_shipped": N_("{number} is not to be shipped: {decision}."),
    "unit_goes_elsewhere": N_("{number} goes to another address: {destination}."),
    "unit_in_another_consignment": N_("{number} lies in the consignment {consignment}. Take it out there first."),
    "unit_not_in_here": N_("This unit is not in {number}."),
    "unit_must_come_out": N_(
        "{number} may not leave now: take it out of its carton, or settle what stands in the way."
    ),
    "unit_delivered_already": N_("{number} was delivered already."),
    "unit_not_on_the_way": N_("{number} is not on the way."),
    "nothing_on_the_way": N_("Nothing of {number} is on the way."),
    "code_of_several_units": N_("Several units carry this code: {numbers}. Scan the label of the one in your hand."),
    "consignment_is_full": N_("A consignment has at most {units_max} units."),
    "consignment_is_empty": N_("Nothing is packed yet."),
    "consignment_unknown": N_("No consignment has the number {number}."),
    "no_such_carton": N_("There is no carton {carton} here."),
    "carton_is_empty": N_("Carton {carton} is empty: pack it or remove it."),
    "carton_is_not_empty": N_("Carton {carton} is not empty."),
    "carton_not_measured": N_("Carton {carton} must be measured and weighed first."),
    "last_carton_stays": N_("A consignment has at least one carton."),
    "too_many_cartons": N_("A consignment has at most {cartons_max} cartons."),
    "hs_code_invalid": N_("An HS code has 6 to 10 digits."),
    "instant_unreadable": N_("Write the time as 2026-03-31T14:05+03:00."),
    "day_unreadable": N_("Write the day as 2026-03-31."),
    "in_the_future": N_("This is in the future."),
    "before_the_closing": N_("That is before it was closed, on {closed_at}."),
    "tracking_status_unknown": N_("This status is not known. Known: {known}."),
    "tracking_needed": N_("The tracking number is missing."),
    "line_unreadable": N_("This line has characters that cannot be read."),
    "carrier_file_unreadable": N_("{name} cannot be read: CSV with the columns number and status, or JSON, is needed."),
    "carrier_file_too_large": N_("A file of statuses may have at most {bytes_max} bytes."),
    "carrier_file_too_long": N_("A file of statuses may have at most {lines_max} lines."),
    "documents_after_closing": N_("The documents are made when the consignment is closed."),
    "not_a_document": N_("This file is neither a picture (JPEG, PNG or WebP) nor a PDF."),
    "document_too_large": N_("A document may have at most {bytes_max} bytes."),
    "lost_on_the_way": N_("The marketplace says that this unit is lost. If it comes after all, you decide then."),
    **billing_texts.REFUSALS,
}
