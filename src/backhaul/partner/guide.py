"""The guide for new sellers: steps as the start page shows them, and the same as a PDF in every language, drawn by us."""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from backhaul.kit import i18n, paper
from backhaul.kit.i18n import N_
from backhaul.partner import texts
from backhaul.partner.doors import country
from backhaul.partner.rules.policy import Policy


class Step(msgspec.Struct, frozen=True):
    """One step: what it is called, what to do, and where the page for it is (empty: at the platform)."""

    id: str
    title: str
    text: str
    href: str = ""
    button: str = ""


STEPS = (
    Step("account", N_("Fill in the sign-up form"),
         N_("The form may be in Chinese only: the table below says what each field is.")),
    Step("email", N_("Confirm your e-mail address"),
         N_("Open the link that was sent to you. Before that you cannot sign in.")),
    Step("key", N_("Make a key at the platform"),
         N_("In your account there: Settings, API keys, Generate key, role Returns. Copy the key: it is shown once.")),
    Step("link", N_("Add the authorization here"),
         N_("System settings, Third-party authorization, Add: platform, business type, seller ID, access key, Confirm."),
         "/system-settings/authorizations", N_("Add a new authorization")),
    Step("address", N_("Enter where your products may be sent"),
         N_("A second person confirms a new address; nothing is shipped there in the first {destination_wait_hours} hours."),
         "/destinations", N_("Address book")),
    Step("decide", N_("Decide about each unit in time"),
         N_("You have {decision_days} days from its arrival. Without a decision it is disposed of, without compensation."),
         "/parcels", N_("Order management")),
)  # fmt: skip
MISTAKES = (
    ("wrong_seller_id", N_("Type the number that stands in your account at the platform.")),
    ("wrong_business_type", N_("Sellers from Turkey choose Return the product, all others Cancel the orders.")),
    ("wrong_key", N_("Copy the whole key once more, without spaces. If it is lost, make a new one.")),
    ("key_revoked", N_("Make a new key and add the authorization again.")),
    ("key_expired", N_("Make a new key and add the authorization again.")),
    ("link_view_only", N_("Make a key with the role Returns: a read-only key can only look.")),
)
OWN_FORM = N_("Company, country, your name, your e-mail and a password of your own.")
SIGN_UP = ("company", "country", "name", "login", "password")
SEND = N_("Create the account")
FORM = ("platform", "business_type", "seller_id", "key")


def guide_pdf(policy: Policy, language: str) -> bytes:
    """The guide in one language. It names nobody, so it is open to all."""
    facts = msgspec.structs.asdict(policy)

    def t(text: str) -> str:
        return i18n.sentence(language, text, facts)

    countries = [
        *policy.business_types,
        *(code for code in policy.destinations_by_country if code not in policy.business_types),
    ]
    data: dict[str, Any] = {
        "title": t(N_("How sellers link their account")),
        "lead": t(N_("From the sign-up form to the first decision, in six steps.")),
        "steps": [(t(step.title), t(_text(step, policy, language))) for step in STEPS],
        "sign_up_title": t(N_("The sign-up form")),
        "sign_up": _sign_up(policy, language),
        "form_title": t(N_("The form of step 4")),
        "form_path": " → ".join(map(t, (N_("System settings"), N_("Third-party authorization"), N_("Add")))),
        "form": [(t(texts.FIELD_LABELS[name]), t(_EXAMPLES[name])) for name in FORM],
        "form_button": t(N_("Confirm the authorization")),
        "types_title": t(N_("Which business type, and where units may be sent")),
        "types_head": [t(N_("Your country")), t(N_("Business type")), t(N_("Units may be sent to"))],
        "types": [_type_row(code, policy, language) for code in countries] + [_others(policy, language)],
        "clock_title": t(N_("The time to decide")),
        "clock": [
            (t(N_("Arrival")), "0"),
            *((i18n.sentence(language, N_("Reminder"), {}), str(policy.decision_days - day)) for day in policy.reminder_days),
            (t(N_("Last day")), str(policy.decision_days)),
        ],
        "clock_unit": t(N_("Calendar days in Moscow; the day of the arrival is day 0. The last second of the last day counts.")),
        "mistakes_title": t(N_("When the form refuses")),
        "mistakes": [(i18n.plain(language, _sentence(code, language)), t(advice)) for code, advice in MISTAKES],
        "foot": t(N_("Your key is kept sealed and is never shown again. With it we see your returns and carry out your decisions; arrivals, marks and disposals are recorded by the warehouse alone.")),
    }  # fmt: skip
    return paper.pdf(_template(), data)


_EXAMPLES = {
    "platform": N_("Marketplace integration"),
    "business_type": N_("Return the product or Cancel the orders"),
    "seller_id": N_("The number of your account"),
    "key": N_("The key that you copied"),
}


def _text(step: Step, policy: Policy, language: str) -> str:
    """What to do. Who reads the language of the form needs no table of its fields."""
    return OWN_FORM if step.id == "account" and language == policy.sign_up_languages[0] else step.text


def _sign_up(policy: Policy, language: str) -> list[tuple[str, str]]:
    """The fields of the sign-up form: as the form calls them by default, and in the reader's language."""
    form = policy.sign_up_languages[0]
    if form == language:
        return []
    names = [*(texts.FIELD_LABELS[name] for name in SIGN_UP), SEND]
    return [(i18n.gettext(form, name), i18n.gettext(language, name)) for name in names]


def _sentence(code: str, language: str) -> str:
    """A refusal as the form says it, with an example where it names one."""
    return i18n.sentence(
        language, texts.REFUSALS[code], {"right": i18n.gettext(language, texts.BUSINESS_TYPES["RETURN_PRODUCT"])}
    )


def _type_row(code: str, policy: Policy, language: str) -> tuple[str, str, str]:
    kind = i18n.gettext(language, texts.BUSINESS_TYPES[policy.business_type_of(code)])
    return country(code, language), kind, _countries(policy.destinations_of(code), language)


def _others(policy: Policy, language: str) -> tuple[str, str, str]:
    kind = i18n.gettext(language, texts.BUSINESS_TYPES[policy.business_type_otherwise])
    return i18n.gettext(language, N_("Other countries")), kind, _countries(policy.destinations_otherwise, language)


def _countries(codes: tuple[str, ...], language: str) -> str:
    return ", ".join(country(code, language) for code in codes)


@cache
def _template() -> str:
    return (files("backhaul.partner") / "templates" / "guide.typ").read_text(encoding="utf-8")
