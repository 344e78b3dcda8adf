"""The words of the rule cards: classes of goods, statements and their sources. Places in braces are filled with times and weights.

A statement of a later version that stands in no catalogue brings its own words (`Statement.texts`).
"""

from backhaul.kit.i18n import N_

CARD_LABELS = {
    "default": N_("All other goods"),
    "food": N_("Food"),
    "digital": N_("Digital goods"),
    "made_to_order": N_("Made for one person"),
    "books": N_("Books"),
    "hygiene": N_("Personal hygiene"),
    "christmas": N_("Christmas goods"),
    "underwear": N_("Underwear and hosiery"),
    "medical": N_("Medical goods"),
    "cosmetics": N_("Perfume and cosmetics"),
    "by_length": N_("Goods sold by length"),
    "clothes": N_("Clothes, shoes and bags"),
    "marked": N_("Goods with marking codes"),
    "electronics": N_("Electronics"),
    "complex": N_("Technically complex goods"),
    "bulky": N_("Bulky goods"),
}

TOPIC_LABELS = {
    "window": N_("How long"),
    "proper_quality": N_("What proper quality means"),
    "rejection": N_("Rejections"),
    "way_back": N_("The way back"),
    "handling": N_("Handling"),
    "customs": N_("Customs"),
}

FORCE_LABELS = {
    "block": N_("Binding here"),
    "rule": N_("Rule"),
    "advice": N_("Advice"),
}

LAWS = {
    "consumer_law": N_("Law of the Russian Federation No. 2300-1 on consumer protection"),
    "decree_924": N_("Decree of the Russian government No. 924 of 10.11.2011"),
    "decree_2463": N_("Decree of the Russian government No. 2463 of 31.12.2020"),
    "court_7p": N_("Ruling of the Constitutional Court of Russia No. 7-P of 17.02.2026"),
    "law_289": N_("Federal law No. 289-FZ on the platform economy"),
    "marking_rules": N_("Russian rules of marking with identification codes"),
    "carriage_rules": N_("Rules for the carriage of batteries"),
    "customs_cn_2023": N_(
        "China: notice of the Ministry of Finance, customs and tax administration No. 4 of 2023, extended"
    ),
    "customs_cn_2026": N_("China: notice on returned export goods of February 2026"),
    "marketplace_terms": N_("Terms of this marketplace"),
}
SOURCE = N_("{law}, art. {article}")

STATEMENTS = {
    "refusal_window": N_(
        "A distance purchase that does not please may be refused until it is handed over and for {refusal} after that day."
    ),
    "refusal_unwritten": N_(
        "If the terms of return were not given in writing with the delivery, this time is {refusal_unwritten}."
    ),
    "individual_goods": N_("What was made for one person and only this person can use cannot be refused for taste."),
    "marketplace_window": N_(
        "Requests are taken here for {proper} when the product is of proper quality, and for {improper} when it is not."
    ),
    "marketplace_window_faults": N_("By our own terms these goods come back only for a fault, for {improper}."),
    "defect_window": N_("A fault may be claimed during the warranty or shelf life; where there is none, for {years}."),
    "complex_window": N_(
        "Any fault counts for {days} after the delivery; later only an essential one, repairs that overrun their time, or "
        "more than {repair_days} of repairs in a year."
    ),
    "complex_without_warranty": N_(
        "Without a warranty of its own, such a product can be reported as faulty here for {days}."
    ),
    "after_all_windows": N_(
        "A request after all these days is not refused by itself: the seller decides and gives reasons."
    ),
    "unused": N_("Unused, with its look and properties kept."),
    "factory_packaging": N_("In its factory packaging."),
    "full_set": N_("Complete, with everything that came with it."),
    "not_activated": N_("Not activated and not tied to an account."),
    "receipt_not_needed": N_(
        "Proof of purchase is needed, but a lost receipt takes no right away: other proof will do."
    ),
    "distance_refusal": N_(
        "For {refusal} after the delivery a request of taste cannot be rejected as not returnable, too late, without a visible "
        "defect, or for too few photos when there are photos."
    ),
    "defect_opened_packaging": N_("A defect cannot be rejected only because the packaging is opened."),
    "refund_term": N_("The money goes back no later than {days} after the demand, whatever an inspection finds."),
    "not_exchangeable": N_(
        "On the list of goods that a shop need not exchange. Whether this limits the refusal of a distance purchase is not "
        "settled: it is advice and no ground for a rejection by itself."
    ),
    "shop_exchange": N_(
        "The exchange for {days} is a rule for shops. It does not shorten or replace the refusal of a distance purchase."
    ),
    "customer_pays": N_("Proper quality: the customer pays the way back."),
    "seller_pays": N_("A fault or a wrong product: the seller pays the way back."),
    "bulky_carried": N_("Bulky goods with a fault are carried back by the seller and at the seller's cost."),
    "heavy_carried": N_("Heavier than {kg}: with a fault it is carried back by the seller and at the seller's cost."),
    "any_channel": N_(
        "The pick-up point must not be the only way: goods of proper quality may come back by any way, at the customer's cost "
        "and risk, after a notice."
    ),
    "marking_code": N_(
        "The marking code left circulation with the sale. To sell the product in Russia again, return the code to circulation "
        "with the reason distance sale; before an export or a disposal, withdraw it. An unreadable code is marked anew."
    ),
    "marking_expected": N_("These goods usually carry a marking code: keep it readable through the whole return."),
    "photograph_opened": N_("If it is opened, the pick-up point photographs it."),
    "serial_number": N_("The serial number or IMEI is compared at the pick-up point and at the partner."),
    "activation_lock": N_("The activation lock must be off."),
    "batteries": N_("Batteries: limits of carriage hold on the way to China and Hong Kong."),
    "complex_list": N_("Look up whether this very model is on the list of technically complex goods."),
    "quarantine": N_("Not usually sold here. If it arrives, it goes to quarantine and is disposed of."),
    "platform_duties": N_(
        "The platform keeps its terms in versions, announces changes ahead, and tries to settle disputes before the court."
    ),
    "export_duty": N_("For a product that leaves Russia again the seller pays value added tax and duty."),
    "original_state_2023": N_(
        "Exported goods that return to mainland China in their original state for {months} after the export are free of import "
        "tax. Not food, and not for Hong Kong."
    ),
    "original_state_2026": N_(
        "Exported goods that return to mainland China in their original state for {months} after the export are free of import "
        "tax. Not food, and not for Hong Kong."
    ),
}

# What may be done where a rejection is blocked.
INSTEAD = {
    "distance_refusal": N_(
        "Approve, offer a part of the price, refund without return, or reject with a reason that the photos prove: the product "
        "looks used, its packaging is damaged, or it is another product."
    ),
    "defect_opened_packaging": N_(
        "Approve, offer a part of the price, refund without return, or reject with a reason about the defect itself."
    ),
}
INSTEAD_OTHERWISE = N_("Approve, offer a part of the price, refund without return, or give another reason.")
NOT_LAWFUL_HERE = N_("{reason} (the law does not allow this here)")
