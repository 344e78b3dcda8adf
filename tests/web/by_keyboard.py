"""Somebody at a real Chromium who has a keyboard and nothing else: at every stop of Tab the focus is seen, and lies beneath nothing."""

import re
from typing import Any

from playwright.sync_api import Page

STEPS_MAX = 200
# Where the focus is: what it is called, whether a ring is drawn on it (or on what stands for it), whether something of it is in view.
HERE = """(wanted) => {
  const at = document.activeElement;
  if (!at || at === document.body) { return {name: "", ring: true, seen: true, found: false}; }
  const around = [at, ...(at.labels || []), at.closest("label, .button, summary"), at.nextElementSibling].filter(Boolean);
  const ring = around.some((one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  });
  const hits = (one) => {
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height) { return false; }
    return [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]].some(([x, y]) => {
      const hit = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
      return hit && (one.contains(hit) || hit.contains(one) && getComputedStyle(hit).display === "inline");
    });
  };
  const name = (at.getAttribute("aria-label") || at.innerText || at.name || at.id || at.tagName).trim().slice(0, 60);
  return {
    name: `${at.tagName.toLowerCase()} ${name}`, ring: ring && at.matches(":focus-visible"),
    seen: [at, ...(at.labels || [])].some(hits), found: Boolean(wanted) && at.matches(wanted),
  };
}"""

FROM_THE_TOP = """() => {
  const body = document.body;
  body.tabIndex = -1;
  body.focus({preventScroll: true});
  body.removeAttribute("tabindex");
}"""


class UnreachableError(AssertionError):
    """Tab does not lead there, or the focus was lost on the way."""


class Hands:
    """Both on the keyboard. `faults` is what somebody who looks at the screen would miss."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []

    def look(self, wanted: str = "") -> dict[str, Any]:
        """Where the focus is now; a fault where that cannot be seen."""
        here: dict[str, Any] = self.page.evaluate(HERE, wanted)
        for sense, fault in (("ring", "is not marked"), ("seen", "lies beneath something or out of view")):
            if not here[sense]:
                self.faults.append(f"{self.page.url}: {here['name']} {fault}")
        return here

    def to(self, wanted: str, key: str = "Tab") -> "Hands":
        """On with Tab until the focus is on what is wanted."""
        passed: list[str] = []
        for _ in range(STEPS_MAX):
            here = self.look(wanted)
            if here["found"]:
                return self
            passed.append(here["name"])
            if passed.count("") > 1:  # round the whole page
                break
            self.page.keyboard.press(key)
        raise UnreachableError(f"{self.page.url}: no {wanted} after {passed}")

    def press(self, *keys: str) -> "Hands":
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def write(self, text: str) -> "Hands":
        """Instead of what stands in the field."""
        return self.press("Control+A").type(text)

    def type(self, text: str) -> "Hands":
        self.page.keyboard.type(text)
        return self

    def scan(self, code: str) -> "Hands":
        """As a keyboard wedge does it: characters and Enter into whatever has the focus."""
        return self.type(code).press("Enter")

    def open(self, wanted: str, path: str) -> "Hands":
        """To a link or a button, Enter, and the page that comes."""
        self.to(wanted).press("Enter")
        self.page.wait_for_url(re.compile(path), wait_until="load")
        return self

    def sign_in(self, url: str, login: str, password: str) -> "Hands":
        self.page.goto(f"{url}/sign-in?lang=en")
        self.to("#login").type(login).press("Tab").type(password).press("Enter")
        self.page.wait_for_url(lambda address: "/sign-in" not in address, wait_until="load")
        return self

    def round(self) -> list[str]:
        """All stops of a page from its first to its last; Tab leaves the page in the end, so nothing holds it."""
        names: list[str] = []
        self.page.evaluate(FROM_THE_TOP)
        for _ in range(STEPS_MAX * 2):
            self.page.keyboard.press("Tab")
            here = self.look()
            if not here["name"]:
                return names
            names.append(here["name"])
        raise UnreachableError(f"{self.page.url}: Tab does not end: {names[-12:]}")
