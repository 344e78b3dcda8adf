"""The words of webhooks: refusals, states, why a call failed, and what their owner is told."""

from backhaul.kit.i18n import N_
from backhaul.kit.notices import Wording

REFUSALS = {
    "webhook_rights_needed": N_(
        "Only the owner of the account, and whom the owner lets manage keys, changes webhooks."
    ),
    "too_many_webhooks": N_("A seller has at most {webhooks_max} webhooks."),
    "webhook_name_length": N_("A name has 1 to {characters_max} characters."),
    "unknown_event_type": N_("There is no event {event_type}."),
    "webhook_paused_already": N_("This webhook is paused already."),
    "webhook_not_paused": N_("This webhook is not paused."),
    "too_many_secrets": N_(
        "At most {secrets_max} secrets hold at once. Let one of them end, or end all earlier ones now."
    ),
    "keep_hours_unusable": N_("Earlier secrets may sign along for 0 to {hours_max} hours."),
    "instant_unreadable": N_("This is not a date with a time."),
    "zone_needed": N_("Say the zone of this instant, for example 2026-01-31T12:00:00+03:00."),
    "span_empty": N_("The end must be later than the beginning."),
    "span_too_long": N_("There are more than {events_max} events in this time. Choose a shorter one."),
    "event_unknown": N_(
        "There is no such event, or it is not kept any more. Begin without “after” and compare with what you have."
    ),
    "address_unusable": N_("This is not an address that can be called. Write it like https://example.com/hooks."),
    "address_not_https": N_("The address must begin with https://."),
    "address_inside": N_("This address leads into a private network. Messages go to the open internet only."),
    "address_unknown": N_("There is no server under this name."),
    "port_unusable": N_("Messages are not sent to port {port}."),
}
FIELD_LABELS = {"url": N_("Address"), "types": N_("Events"), "keep_hours": N_("Hours"), "until": N_("Until")}

STATES = {"active": N_("Works"), "failing": N_("Fails"), "paused": N_("Paused")}
TONES = {"active": "good", "failing": "bad", "paused": "warn"}
WHY_PAUSED = {
    "owner": N_("It was paused by hand. What happens meanwhile waits until it is resumed."),
    "failing": N_("It was paused because it took nothing for days. What happens meanwhile waits until it is resumed."),
    "gone": N_("It was paused because it answered 410 Gone. What happens meanwhile waits until it is resumed."),
}
DELIVERY_STATES = {
    "waiting": N_("Waiting"),
    "delivered": N_("Delivered"),
    "dead": N_("Given up"),
    "dropped": N_("Dropped"),
}
DELIVERY_TONES = {"waiting": "warn", "delivered": "good", "dead": "bad", "dropped": ""}
PING_LABEL = N_("Test message")
ERRORS = {
    "address_unusable": N_("The address cannot be called"),
    "address_not_https": N_("The address does not begin with https://"),
    "address_inside": N_("The name leads into a private network"),
    "address_unknown": N_("There is no server under this name"),
    "port_unusable": N_("Messages are not sent to this port"),
    "no_connection": N_("Nobody answers there"),
    "certificate_refused": N_("The certificate is not valid"),
    "too_slow": N_("No answer in time"),
    "no_http": N_("The answer is not HTTP"),
    "broken_off": N_("The connection was broken off"),
}

WORDINGS = {
    "webhook_dead": Wording(
        N_("Messages to your program were given up"),
        N_(
            "The webhook “{name}” did not take messages although each was tried for {days} days. They are marked as given up and can be sent again."
        ),
        "/webhooks/{webhook}?state=dead#deliveries",
    ),
    "webhook_paused_failing": Wording(
        N_("A webhook was paused"),
        N_(
            "The webhook “{name}” took nothing for {days} days, so it was paused. Nothing is lost: resume it when the receiver works again."
        ),
        "/webhooks/{webhook}",
    ),
    "webhook_paused_gone": Wording(
        N_("A webhook was paused"),
        N_(
            "The webhook “{name}” answered 410 Gone, so it was paused. Nothing is lost: resume it when the receiver works again, or remove it."
        ),
        "/webhooks/{webhook}",
    ),
}
