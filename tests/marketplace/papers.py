"""The partner's invoice as a file, written by hand; what it says is checked against a marketplace's own facts."""

COLUMNS = (
    "invoice", "revision", "line", "at", "service", "event", "parcel", "return", "quantity", "price_minor", "amount_minor",
    "credited_minor", "currency", "tariff", "stored_from", "stored_until",
)  # fmt: skip


def charge(return_number: str, service: str, at: str, amount_minor: int, **changes: object) -> dict[str, object]:
    """A line in CNY by the first tariff; `at` on Moscow's wall clock."""
    usual: dict[str, object] = {
        "invoice": "INV-000001", "revision": 1, "line": f"{service}:{return_number}", "at": f"{at}:00+03:00",
        "service": service, "event": "", "parcel": "P-1", "return": return_number, "quantity": 1,
        "price_minor": amount_minor, "amount_minor": amount_minor, "credited_minor": 0, "currency": "CNY", "tariff": "1",
        "stored_from": "", "stored_until": "",
    }  # fmt: skip
    return {**usual, **changes}


def storage(return_number: str, since: str, until: str, nights: int, **changes: object) -> dict[str, object]:
    """Storage for 1.50 a midnight, charged at its end."""
    period = {"stored_from": f"{since}:00+03:00", "stored_until": f"{until}:00+03:00", "quantity": nights}
    usual = charge(return_number, "storage", until, 150 * nights, price_minor=150)
    return {**usual, **period, **changes}


def paper(*lines: dict[str, object], columns: tuple[str, ...] = COLUMNS) -> bytes:
    """The lines as a CSV file."""
    rows = [",".join(columns), *(",".join(str(line[name]) for name in columns) for line in lines)]
    return ("\r\n".join(rows) + "\r\n").encode("utf-8-sig")
