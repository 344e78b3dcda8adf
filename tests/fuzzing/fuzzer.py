"""Calls every operation of an OpenAPI document with made-up data, as everybody, and keeps what was answered against the document.

Schemathesis makes the data and knows the document; who calls, what exists and what counts as a fault is said here. A run is
the same every time (`derandomize`); a fault tells the request as a `curl` line.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import msgspec
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from tests.fuzzing import bodies

CHECKS = (
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
)
# A house that is asked for what only another organisation has says so; nobody runs beside it here.
AWAY = frozenset({"partner_away", "platform_away"})
QUIET: dict[str, Any] = {
    "deadline": None, "database": None, "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}  # fmt: skip

bodies.register()
Case = schemathesis.Case[Any]
NOBODY = "nobody"
WAYS = (("example", GenerationMode.POSITIVE), ("not", GenerationMode.NEGATIVE), ("fits", GenerationMode.POSITIVE))
KNOWN = 0.8  # how often a place in a path names what exists
# Where nothing can be wrong with a request (its body is any bytes), what should misfit is told to fit.
POSITIVE = "Invalid component: positive test case"

Sign = Callable[[requests.PreparedRequest], requests.PreparedRequest]


class Fault(msgspec.Struct, frozen=True):
    """An answer that the document does not promise."""

    operation: str
    what: str
    role: str
    how: str


class Run(msgspec.Struct):
    """What was asked and answered."""

    cases: int = 0
    statuses: Counter[int] = msgspec.field(default_factory=Counter)
    accepted: set[str] = msgspec.field(default_factory=set)
    faults: dict[tuple[str, str], Fault] = msgspec.field(default_factory=dict)
    steps: int = 0

    def told(self) -> str:
        """The counts in a line, then every fault."""
        by_status = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        lines = [
            f"{self.cases} cases ({self.steps} of them by links), {len(self.accepted)} operations done; {by_status}"
        ]
        lines += [f"{f.operation} as {f.role}: {f.what}\n    {f.how}" for f in self.faults.values()]
        return "\n".join(lines)

    def and_also(self, other: "Run") -> "Run":
        """Both together."""
        return Run(self.cases + other.cases, self.statuses + other.statuses, self.accepted | other.accepted,
                   self.faults | other.faults, self.steps + other.steps)  # fmt: skip


class Fuzzer:
    """`roles`: how each caller comes in, again after a session ended; `places`: what exists, by its name in the path.

    `first`: another number gives other data. `real`: what stands in fields of examples that name something.
    """

    def __init__(self, url: str, roles: Mapping[str, Callable[[], Sign]],
                 places: Mapping[str, Sequence[object]], first: int = 0, real: Mapping[str, object] | None = None) -> None:  # fmt: skip
        self.first = first
        self.url = url
        self.roles = roles
        self.places = places
        self.run = Run()
        self.sessions = {role: requests.Session() for role in roles}
        for role, come_in in roles.items():
            self.sessions[role].auth = come_in()
        self.real = dict(real or {})
        self.document = document = requests.get(f"{url}/api/v1/openapi.json", timeout=30).json()
        self.closed = set()
        for path, verbs in document["paths"].items():
            for verb, operation in verbs.items():
                if operation.pop("security", []):  # who calls is said by the role
                    self.closed.add(f"{verb.upper()} {path}")
        self.schema = schemathesis.openapi.from_dict(document)

    def ask(self, case: Case, role: str) -> Any:
        """Send one request and keep its answer against the document."""
        label = case.operation.label
        answer = case.call(base_url=self.url, session=self.sessions[role], allow_redirects=False)
        self.run.cases += 1
        self.run.statuses[answer.status_code] += 1
        if answer.status_code < 300:
            self.run.accepted.add(label)
            if role == NOBODY and label in self.closed:
                self._fault(case, role, "opens to nobody and says that it is closed")
        elif answer.status_code >= 500 and code_of(answer.content) not in AWAY:
            self._fault(case, role, f"answered {answer.status_code} {code_of(answer.content)}")
        try:
            case.validate_response(answer, checks=list(CHECKS))
        except FailureGroup as group:
            for failure in group.exceptions:
                if POSITIVE not in str(failure):
                    self._fault(case, role, f"{type(failure).__name__}: {failure}")
        if answer.status_code == 401 and role != NOBODY:
            if label not in self.closed and code_of(answer.content) != "sign_in_failed":
                self._fault(case, role, "is closed and says that it is open")
            self.sessions[role].auth = self.roles[role]()
        return answer

    def _fault(self, case: Case, role: str, what: str) -> None:
        key = (case.operation.label, what[:60])
        if key not in self.run.faults:
            self.run.faults[key] = Fault(case.operation.label, what, role, case.as_curl_command())

    def each_operation(self, examples: int) -> None:
        """Every operation so many times, each time as the next caller: an example, what fits, what does not fit."""
        for found in self.schema.get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]  # a document that cannot be read fails here
            self._one_operation(operation, examples)

    def _one_operation(self, operation: Any, examples: int) -> None:
        chance = random.Random(f"{self.first} {operation.label}")
        callers = sorted(self.sessions)
        first = chance.randrange(1000)
        turns = count(first)

        def ask(case: Case, how: str) -> None:
            if how != "not":
                self._place(case, chance)
            if how == "example":
                shown = example_of(operation)
                case.body = case.body if shown is None else with_real(shown, self.real, operation.path)
            self.ask(case, callers[next(turns) % len(callers)])

        for number, (how, mode) in enumerate(WAYS, start=first):
            share = (examples + (number % len(WAYS))) // len(WAYS)
            if share:
                made = operation.as_strategy(mode)
                quiet = settings(max_examples=share, **QUIET)
                with suppress(Unsatisfiable):  # nothing can be wrong with a request that says nothing
                    seed(chance.randrange(2**32))(quiet(given(made, st.just(how))(ask)))()

    def _place(self, case: Case, chance: random.Random) -> None:
        """Mostly things that exist: whoever names nothing but chance is told 404 and no more."""
        for name in case.path_parameters or {}:
            if name in self.places and chance.random() < KNOWN:
                case.path_parameters[name] = chance.choice(self.places[name])

    def along_links(self, steps: int) -> None:
        """Walks of ten requests from answer to request by the ids in them, one caller a walk, until so many steps were made."""
        fuzzer = self

        class Walk(self.schema.as_state_machine()):  # type: ignore[misc]
            def setup(self) -> None:
                self.role = sorted(fuzzer.sessions)[fuzzer.run.cases % len(fuzzer.sessions)]

            def call(self, case: Case, **_: Any) -> Any:
                fuzzer.run.steps += 1
                return fuzzer.ask(case, self.role)

            def validate_response(self, *_: Any, **__: Any) -> None:
                """Done where it was asked."""

        for number in range(steps):
            if self.run.steps >= steps:
                break
            # Walks share one house: what the next one meets is another, which Hypothesis takes for a fault of the data.
            with suppress(Flaky):
                seed(1000 * self.first + number)(Walk).run(
                    settings=settings(max_examples=5, stateful_step_count=10, **QUIET)
                )


def example_of(operation: Any) -> Any:
    """The example that the document shows for this operation's body, if it does."""
    for content in operation.definition.raw.get("requestBody", {}).get("content", {}).values():
        for shown in content.get("examples", {}).values():
            return shown["value"]
    return None


def with_real(body: Any, real: Mapping[str, Any], path: str) -> Any:
    """The example with ids of things that are there, in the same fields; `approve.route` is that of one act alone."""
    word = path.rpartition("/")[2]
    if isinstance(body, dict):
        return {
            name: real.get(f"{word}.{name}", real.get(name, with_real(value, real, path))) if value else value
            for name, value in body.items()
        }
    return [with_real(one, real, path) for one in body] if isinstance(body, list) else body


def code_of(body: bytes) -> str:
    """The code of a refusal; nothing for other bodies."""
    try:
        return str(json.loads(body).get("code", ""))
    except (ValueError, AttributeError):
        return ""


def bearer(token: str) -> Sign:
    """Signs as the holder of a session or key; with an empty token as nobody."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.pop("Authorization", None)
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return sign
