"""The words of second factors: refusals, what their owner is told, what the access log says of them."""

from backhaul.kit.i18n import N_
from backhaul.kit.notices import Wording
from backhaul.kit.second_factor import OFF, ON, RECOVERED, RENEWED, RESET

REFUSALS = {
    "code_wrong": N_(
        "This code is not valid. Type the one that the app shows now, or a recovery code that was not used yet."
    ),
    "code_needed": N_("This account has a second factor: send the code from the app, or a recovery code, along."),
    "set_up_needed": N_("Staff need a second factor here. Sign in on the page once to set it up."),
    "sign_in_over": N_("The sign-in took too long. Begin again: the login and the password."),
    "set_up_over": N_("The set-up took too long. Begin again."),
    "second_factor_is_on": N_("The second factor is on already."),
    "second_factor_is_off": N_("There is no second factor to switch off."),
    "second_factor_unreadable": N_(
        "The second factor of this account cannot be checked here any more: have it reset by who administers access."
    ),
    "second_factor_own": N_("Nobody resets their own second factor. Switch it off under your account."),
    "no_such_login": N_("Nobody signs in with this login."),
    "reset_ticket_length": N_("Say why: 1 to {characters_max} characters, for example the number of the request."),
}
WORDINGS = {
    ON: Wording(
        N_("The second factor is on"),
        N_(
            "From now on signing in to your account takes a code from your phone. If it was not you, write to an administrator."
        ),
        "/account/second-factor",
    ),
    OFF: Wording(
        N_("The second factor is off"),
        N_(
            "Your password alone lets you in again. If it was not you, change the password and write to an administrator."
        ),
        "/account/second-factor",
    ),
    RENEWED: Wording(
        N_("New recovery codes"),
        N_("New recovery codes were made for your account; earlier ones no longer work."),
        "/account/second-factor",
    ),
    RECOVERED: Wording(
        N_("A recovery code was used"),
        N_(
            "Somebody signed in to your account with a recovery code, or changed its second factor with one. Codes left: {left}. If it was not you, change the password and make new recovery codes."
        ),
        "/account/second-factor",
    ),
    RESET: Wording(
        N_("Your second factor was reset"),
        N_(
            "An administrator took your second factor away ({ticket}), and all your sessions ended. If you did not ask for it, write to them at once. Set it up again under your account."
        ),
        "/account/second-factor",
    ),
}
# As lines of the access log.
CHANGES = {
    ON: N_("Switched on"),
    OFF: N_("Switched off"),
    RENEWED: N_("New recovery codes"),
    RECOVERED: N_("A recovery code was used"),
    RESET: N_("Reset"),
}
