"""A person at a browser without scripts: opens pages, fills in the forms that stand on them, sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urljoin

import httpx2

from tests import plain_forms

Entries = Mapping[str, str | Sequence[bytes]]


class NoSuchFormError(LookupError):
    """The page does not offer this form, field or choice."""


@dataclass
class Form:
    """One form of a page. `values` is what it would send now; `choices` are the options of selects and radios."""

    action: str
    method: str = "get"
    multipart: bool = False
    values: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[bytes]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    buttons: dict[str, list[str]] = field(default_factory=dict)  # those that say something when they are pressed

    def fill(self, **entries: str | Sequence[bytes]) -> "Form":
        """Enter texts, pick choices, attach files. Only what the form has can be entered."""
        for name, entry in entries.items():
            if name in self.files:
                self.files[name] = [part for part in entry if isinstance(part, bytes)]
            elif name in self.choices and entry not in self.choices[name]:
                raise NoSuchFormError(f"{self.action}: {name} offers {self.choices[name]}, not {entry!r}")
            elif name in self.choices or name in self.values:
                self.values[name] = [str(entry)]
            else:
                raise NoSuchFormError(f"{self.action} has no field {name}; it has {[*self.values, *self.choices]}")
        return self


class Reader(HTMLParser):
    """Forms, links, and the text that a person reads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._named: dict[str, Form] = {}
        self._select = ""
        self._textarea = ""
        self._unseen = 0
        self.feed(html)

    @property
    def text(self) -> str:
        """The visible words; runs of white space are one blank."""
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag in {"script", "style"}:
            self._unseen += 1
        elif tag == "a" and "href" in at:
            self.links.append(at["href"])
        elif tag == "form":
            multipart = at.get("enctype") == "multipart/form-data"
            self._form = Form(at.get("action", ""), at.get("method", "get").lower(), multipart)
            self.forms.append(self._form)
            self._named[at.get("id", "")] = self._form
        elif (form := self._named.get(at["form"]) if "form" in at else self._form) is not None:
            self._control(tag, at, form)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._unseen -= 1
        elif tag == "form":
            self._form = None
        elif tag == "select" and self._form is not None:
            offered = self._form.choices[self._select]
            self._form.values.setdefault(self._select, offered[:1])
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form is not None:
            self._form.values[self._textarea] = [self._form.values[self._textarea][0] + data]
        elif not self._unseen:
            self.words.append(data)

    def _control(self, tag: str, at: dict[str, str], form: Form) -> None:
        name, kind = at.get("name", ""), at.get("type", "text")
        value = at.get("value", "on" if kind in {"radio", "checkbox"} else "")
        if "required" in at:
            form.required.add(name)
        if tag == "select":
            self._select = name
            form.choices[name] = []
        elif tag == "option" and self._select:
            form.choices[self._select].append(value)
            if "selected" in at:
                form.values[self._select] = [value]
        elif tag == "textarea":
            self._textarea = name
            form.values[name] = [""]
        elif tag == "button" and name:
            form.buttons.setdefault(name, []).append(value)
        elif tag == "input" and name and "disabled" not in at:
            form.kinds[name] = kind
            if kind == "file":
                form.files[name] = []
            elif kind in {"radio", "checkbox"}:
                form.choices.setdefault(name, []).append(value)
                if "checked" in at:
                    form.values.setdefault(name, []).append(value)
            else:
                form.values.setdefault(name, []).append(value)


class Visit:
    """One person's browser: cookies, the page in front of them."""

    def __init__(self, url: str) -> None:
        self.client = httpx2.Client(base_url=url, follow_redirects=True)
        self.answer: httpx2.Response = httpx2.Response(200, text="")
        self.page = Reader("")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def path(self) -> str:
        """Where the visit stands now, after all redirects."""
        return self.answer.url.path

    @property
    def text(self) -> str:
        return self.page.text

    def open(self, path: str) -> "Visit":
        return self._look(self.client.get(path))

    def follow(self, path: str) -> "Visit":
        """Click a link that is on the page."""
        if path not in self.page.links:
            raise NoSuchFormError(f"{self.path} has no link to {path}; it has {self.page.links}")
        return self.open(path)

    def form(self, action: str, **hidden: str) -> Form:
        """The form with this action; `hidden` tells apart several of them by their fields."""
        found = [
            form
            for form in self.page.forms
            if form.action == action and all(form.values.get(name) == [value] for name, value in hidden.items())
        ]
        if not found:
            actions = [form.action for form in self.page.forms]
            raise NoSuchFormError(f"{self.path} ({self.status}) has no form {action}; it has {actions}\n{self.text}")
        return found[0]

    def offers(self, action: str) -> bool:
        return any(form.action == action for form in self.page.forms)

    def send(self, form: Form) -> "Visit":
        """Press the button."""
        pairs = [(name, value) for name, values in form.values.items() for value in values]
        path = urljoin(self.path, form.action)
        if form.method == "get":
            return self.open(f"{path}?{urlencode(pairs)}")
        if form.multipart:
            parts: list[tuple[str, tuple[str | None, bytes, str | None]]] = [
                (name, (None, value.encode(), None)) for name, value in pairs
            ]
            for name, files in form.files.items():
                parts += [(name, (f"photo-{n}.jpg", data, "image/jpeg")) for n, data in enumerate(files, start=1)]
            return self._look(self.client.post(path, files=parts, headers={plain_forms.HEADER: "1"}))
        content = urlencode(pairs).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", plain_forms.HEADER: "1"}
        return self._look(self.client.post(path, content=content, headers=headers))

    def sign_in(self, login: str, password: str) -> "Visit":
        self.open("/sign-in")
        return self.send(self.form("/sign-in").fill(login=login, password=password))

    def read_in(self, language: str) -> "Visit":
        return self.send(self.form("/language").fill(language=language))

    def press(self, action: str, entries: Entries | None = None) -> "Visit":
        """Fill in the form with this action and send it."""
        return self.send(self.form(action).fill(**(entries or {})))

    def _look(self, answer: httpx2.Response) -> "Visit":
        self.answer = answer
        html = answer.text if answer.headers.get("content-type", "").startswith("text/html") else ""
        self.page = Reader(html)
        return self
