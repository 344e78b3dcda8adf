"""Every act works without scripts, read off the templates: each is a form with an address and a button of its own.

That the forms do what they say when a browser without scripts sends them: tests/web/forms.py is such a browser, and all tests of
pages that are not marked `browser` go through it.
"""

import re
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "backhaul"
ATTRIBUTES = r"((?:{{(?:[^}]|}(?!}))*}}|{%(?:[^%]|%(?!}))*%}|[^<>{]|{(?![{%]))*)"
TAG = re.compile(rf"<(/?)(\w+){ATTRIBUTES}>")
SAMPLES = {"style_guide.html"}  # its parts do nothing, they are shown
TEXTS = {
    f"{path.parts[-3]}/{path.name}": re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for path in sorted(SOURCE.glob("*/templates/*.html"))
    if path.name not in SAMPLES
}


def test_nothing_is_sent_but_by_links_and_forms() -> None:
    assert [] == [name for name, text in TEXTS.items() if re.search(r"\bhx-[\w-]+|\son\w+=", text)]


def test_a_button_that_sends_nothing_opens_a_part_or_is_shown_by_a_script() -> None:
    assert [] == [f"{name}: {at}" for name, text in TEXTS.items() for at in idle_buttons(text)]


def idle_buttons(text: str) -> list[str]:
    """Those that somebody without scripts sees, and that do nothing."""
    idle = []
    hidden: list[str] = []  # elements around that no one sees without scripts
    for closing, name, at in TAG.findall(text):
        unseen = re.search(r"\shidden\b", at) or name in {"dialog", "template"}
        if closing and hidden and name == hidden[-1]:
            hidden.pop()
        elif not closing and unseen and name not in {"input", "button"}:
            hidden.append(name)
        elif name == "button" and 'type="button"' in at and not (hidden or unseen or "popovertarget" in at):
            idle.append(at)
    return idle


def test_every_form_can_be_sent() -> None:
    assert [] == [f"{name}: {at}" for name, text in TEXTS.items() for at in forms_without_a_button(text)]


def forms_without_a_button(text: str) -> list[str]:
    """A form is sent by a button in it or one that names it; one that looks something up by a single field, by Enter."""
    found = []
    for at, inside in re.findall(rf"<form\b{ATTRIBUTES}>(.*?)</form>", text, re.DOTALL):
        name = re.search(r'\bid="([^"]+)"', at)
        buttons = re.findall(rf"<button\b{ATTRIBUTES}>", inside)
        buttons += re.findall(rf'<button\b[^<>]*\bform="{re.escape(name.group(1))}"[^<>]*>', text) if name else []
        fields = [of for of in re.findall(rf"<input\b{ATTRIBUTES}>", inside) if 'type="hidden"' not in of]
        by_enter = 'method="get"' in at and len(fields) == 1
        if not by_enter and all('type="button"' in one for one in buttons):
            found.append(at)
    return found
