"""What is no password, however long it is: nothing but blanks, one character again and again, the login, the one that it replaces."""

from collections.abc import Mapping

from backhaul.kit.i18n import N_, Message
from backhaul.kit.machine import Refused

REFUSALS: Mapping[str, Message] = {
    "password_guessable": N_("This password is guessed at once. Choose another."),
    "password_guessable/blank": N_("A password of nothing but blanks is none."),
    "password_guessable/one_character": N_("A password of one character again and again is guessed at once."),
    "password_guessable/login": N_("The password must not be the login."),
    "password_guessable/current": N_("The new password must be another one than the current."),
}


def check_guessable(password: str, login: str = "", current: str = "") -> None:
    """`Refused` for one that whoever tries a few finds."""
    typed, name = password.strip().casefold(), login.casefold()
    found = {
        "blank": not typed,
        "one_character": len(set(typed)) == 1,
        "login": bool(name) and typed in {name, name.partition("@")[0]},
        "current": password == current,
    }
    for rule, is_so in found.items():
        if is_so:
            raise Refused("password_guessable", "invalid", "password", rule=rule)
