"""How a fault of the sandbox looks to who calls a house: in the words of the door that is struck."""

import asyncio
import os
from typing import Any

import msgspec

from backhaul.kit import http, i18n
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.sandbox_faults import Door, Fault, Faults, Kind

Headers = list[tuple[bytes, bytes]]

BETWEEN = {
    "marketplace": ("/api/v1/reports", "/api/v1/partner/"),
    "partner": ("/api/v1/events", "/api/v1/marked-photos", "/api/v1/pickups", "/api/v1/pickup-", "/api/v1/disposal-ceilings"),
}  # fmt: skip
PAGE = b"<!doctype html><title>Sign in</title><p>Sign in to this network.</p>"
CUT_BYTES = 1000
# The published contract's own answers: (code, message).
OF_SELLER_API = {
    Kind.TOO_MANY: (8, "You have reached request rate limit per second"),
    Kind.FAILED: (13, "Internal error"),
    Kind.AWAY: (14, "Service is unavailable, please try again later"),
}
CODES = {Kind.TOO_MANY: "too_many_requests", Kind.FAILED: "failed", Kind.AWAY: "away"}
TEXTS = {
    "too_many_requests": N_("Too many requests. Try again shortly. This fault was asked for in the sandbox."),
    "failed": N_("That failed. This fault was asked for in the sandbox."),
    "away": N_("Nobody answers now. This fault was asked for in the sandbox."),
}


def door_of(house: str, path: str) -> Door | None:
    """The door that an address belongs to; pages, files and the operator's own doors have no faults."""
    if path.startswith(("/v1/", "/v2/")):
        return Door.SELLER_API if house == "marketplace" else None
    if not path.startswith("/api/v1/") or path.startswith("/api/v1/admin/"):
        return None
    return Door.BETWEEN_HOUSES if path.startswith(BETWEEN[house]) else Door.API_V1


class Front:
    """A house of a sandbox, with the faults that somebody wants before it."""

    def __init__(self, name: str, house: Any, faults: Faults) -> None:
        self.name = name
        self.house = house
        self.faults = faults

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As a server calls an app."""
        path = str(scope.get("path", ""))
        door = door_of(self.name, path) if scope["type"] == "http" else None
        fault = None if door is None else self.faults.struck(door, self.name, path)
        if door is None or fault is None:
            await self.house(scope, receive, send)
            return
        if fault.fault is Kind.SLOW:
            await asyncio.sleep(fault.seconds)
            await self.house(scope, receive, send)
            return
        if fault.done:
            await self.house(scope, receive, _unheard)
        status, headers, body = _answer(door, fault, scope)
        is_cut = fault.fault is Kind.CUT
        length = CUT_BYTES if is_cut else len(body)
        headers = [*headers, (b"content-length", str(length).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": is_cut})  # the server then breaks off


async def _unheard(_: Any) -> None:
    """Nobody hears what the house answers."""


def _answer(door: Door, fault: Fault, scope: Any) -> tuple[int, Headers, bytes]:
    if fault.fault is Kind.CUT:
        return 200, [(b"content-type", b"application/json")], b"{"
    if fault.fault is Kind.WRONG_BODY:
        return 200, [(b"content-type", b"text/html; charset=utf-8")], PAGE
    status = int(fault.fault)
    wait: Headers = [] if status == 500 else [(b"retry-after", str(fault.retry_after).encode())]
    if door is Door.SELLER_API:
        if status == 429:
            wait.append((b"ratelimit-remaining", b"0"))
        wait.append((b"x-o3-trace-id", os.urandom(16).hex().encode()))
        code, message = OF_SELLER_API[fault.fault]
        said = {"code": code, "message": message, "details": []}
        return status, [(b"content-type", b"application/json"), *wait], msgspec.json.encode(said)
    accepted = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    language = i18n.best(accepted.decode("latin-1"))
    problem = http.problem(Refused(CODES[fault.fault], "away"), language, TEXTS, status)
    return status, [(b"content-type", http.PROBLEM_JSON.encode()), *wait], problem.content
