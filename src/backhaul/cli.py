"""The command line and composition root: here concrete things are chosen (paths, ports, databases, the clock)."""

import json
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from backhaul.kit.money import Money, decimal_text, exact_scaled, half_up
from backhaul.marketplace.rules.compensation import SEED_CARD, Quality, Quote, quote

if TYPE_CHECKING:
    from backhaul import doctor as looks
    from backhaul import observed, serving

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Backhaul: the returns platform.",
                  pretty_exceptions_enable=False)  # fmt: skip
marketplace = typer.Typer(no_args_is_help=True, help="The marketplace house.")
partner = typer.Typer(no_args_is_help=True, help="The logistics partner's house.")
app.add_typer(marketplace, name="marketplace")
app.add_typer(partner, name="partner")

CLASSES = {"proper": Quality.PROPER, "improper": Quality.IMPROPER, "sellers-fault": Quality.SELLER_FAULT}
GRAMS_MAX = 1_000_000
KOPECKS_MAX = 100_000_000_00


def fail(sentence: str, code: int = 2) -> typer.Exit:
    """Say what is wrong on the error stream; the caller raises what this returns."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(sentence, style="red", markup=False)
    return typer.Exit(code)


def _database_is(text: str) -> str:
    """The address of a database, refused now and not as a traceback."""
    from backhaul.kit import database  # noqa: PLC0415 -- the quote command should not load the houses

    return _checked("--database", database.check_url, text)


def _url_is(text: str) -> str:
    from backhaul.kit import safety  # noqa: PLC0415

    return _checked("--url", safety.check_url, text)


def _proxies_are(text: str) -> str:
    from backhaul.kit import safety  # noqa: PLC0415

    return _checked("--proxies", safety.check_proxies, text)


def _checked(option: str, check: Callable[[str], None], text: str) -> str:
    try:
        if text:
            check(text)
    except ValueError as error:
        raise fail(f"{option}: {error}") from None
    return text


Data = Annotated[Path, typer.Option(help="The house's data directory.")]
DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database", callback=_database_is, help="postgresql+psycopg://… ; default: SQLite in the data directory."
    ),
]
Port = Annotated[int, typer.Option(help="The port on this machine.", min=0, max=65535)]
MailTo = Annotated[
    str,
    typer.Option(
        "--mail",
        envvar="BACKHAUL_MAIL",
        show_envvar=True,
        help="where mails go: file (DATA/mail, the default), console, smtp://USER:PASSWORD@HOST:587 or smtps://…",
    ),
]
MailFrom = Annotated[
    str, typer.Option("--mail-from", envvar="BACKHAUL_MAIL_FROM", help='the sender, as "Name <name@example.com>"')
]
WebhooksInto = Annotated[
    str,
    typer.Option(
        "--webhooks-into", envvar="BACKHAUL_WEBHOOKS_INTO",
        help="networks of your own that sellers' webhooks may lead into, also by http; for trying out, for example 127.0.0.0/8",
    ),
]  # fmt: skip
Media = Annotated[
    str,
    typer.Option(
        "--media", envvar="BACKHAUL_MEDIA", show_envvar=True,
        help="where photos and videos are kept: s3://BUCKET/PREFIX; without it, DATA/blobs",
    ),
]  # fmt: skip
PublicUrl = Annotated[
    str,
    typer.Option(
        "--url", envvar="BACKHAUL_URL", callback=_url_is, help="the address that people use; links in mails lead there"
    ),
]
MetricsAt = Annotated[
    str,
    typer.Option(
        "--metrics", envvar="BACKHAUL_METRICS", show_envvar=True,
        help="a port of this machine, or HOST:PORT, for /metrics, /healthz and /readyz; beyond this machine BACKHAUL_METRICS_TOKEN guards it",
    ),
]  # fmt: skip
TracesTo = Annotated[
    str,
    typer.Option(
        "--traces", envvar="BACKHAUL_TRACES", show_envvar=True,
        help="where OpenTelemetry traces go: http://HOST:4318/v1/traces (OTLP), or file:PATH; needs backhaul[otel]",
    ),
]  # fmt: skip
LogOf = Annotated[
    str,
    typer.Option("--log", envvar="BACKHAUL_LOG", show_envvar=True, help="faults, or requests: a line for each, too"),
]
Drain = Annotated[
    float,
    typer.Option("--drain", envvar="BACKHAUL_DRAIN", help="seconds for which a house that is told to end still serves, not ready any more"),
]  # fmt: skip


Trial = Annotated[
    bool,
    typer.Option("--trial", envvar="BACKHAUL_TRIAL", show_envvar=True, help="for trying out: start although settings are not safe (see doctor)"),
]  # fmt: skip
Proxies = Annotated[
    str, typer.Option(callback=_proxies_are, help="addresses of proxies whose X-Forwarded-For is believed, with commas")
]
WorkerToo = Annotated[bool, typer.Option("--worker/--no-worker", help="also fire deadlines and send messages")]
Secure = Annotated[bool, typer.Option(help="cookies for https only")]
WithParent = Annotated[bool, typer.Option(hidden=True, help="end when standard input closes")]
WalkFile = Annotated[Path | None, typer.Option(hidden=True, help="a demo's: the secret of its walk-through")]
HouseData = Annotated[Path | None, typer.Option(help="data directory; default var/HOUSE")]


@app.command("quote")
def quote_(
    quality: Annotated[str, typer.Option("--class", help="proper, improper or sellers-fault")],
    weight_kg: Annotated[str, typer.Option(help="the unit's weight, for example 0.9")],
    price_rub: Annotated[str, typer.Option(help="the unit's price in roubles, for example 12400")],
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,  # noqa: FBT002 -- a flag on a command line
) -> None:
    """What a seller receives for one disposed unit, and why."""
    if quality not in CLASSES:
        raise fail(f"--class is one of {', '.join(CLASSES)}, not {quality!r}")
    weight_gram = _weight_gram(weight_kg)
    price_minor = _price_minor(price_rub)
    if not 0 < weight_gram <= GRAMS_MAX:
        raise fail(f"--weight-kg is above 0 and at most {GRAMS_MAX // 1000}, not {weight_kg}")
    if not 0 < price_minor <= KOPECKS_MAX:
        raise fail(f"--price-rub is above 0 and at most {KOPECKS_MAX // 100}, not {price_rub}")
    found = quote(SEED_CARD, CLASSES[quality], weight_gram, Money(price_minor))
    sys.stdout.write(_as_json(found) if as_json else _as_text(found))


def _weight_gram(text: str) -> int:
    try:
        return exact_scaled(text, 3)
    except ValueError:
        raise fail(f"--weight-kg is a number with at most three digits after the point, not {text!r}") from None


def _price_minor(text: str) -> int:
    """Roubles to kopecks, half-up where there are more than two digits: rounded before banding (D13)."""
    try:
        return half_up(exact_scaled(text, 6), 10_000)
    except ValueError:
        raise fail(f"--price-rub is a number with at most six digits after the point, not {text!r}") from None


def _bounds(low: str | None, high: str | None, unit: str) -> str:
    if low is None:
        return f"up to {high} {unit}"
    return f"more than {low} {unit}" if high is None else f"more than {low} up to {high} {unit}"


def _kg(gram: int | None) -> str | None:
    return None if gram is None else decimal_text(gram, 3)


def _rub(minor: int | None) -> str | None:
    return None if minor is None else decimal_text(minor)


def _as_text(found: Quote) -> str:
    weight = _bounds(_kg(found.weight_low_gram), _kg(found.weight_high_gram), "kg")
    price = _bounds(_rub(found.price_low_minor), _rub(found.price_high_minor), "RUB")
    return (
        f"{found.amount}\n"
        f"  {found.rate_pct} % of {found.price}, half-up to the kopeck\n"
        f"  class   {found.quality}\n"
        f"  weight  {decimal_text(found.weight_gram, 3)} kg: {weight}\n"
        f"  price   {price}\n"
        f"  card    {found.card_version}\n"
    )


def _as_json(found: Quote) -> str:
    return json.dumps({
        "amount_rub": decimal_text(found.amount.minor), "rate_pct": found.rate_pct, "class": found.quality,
        "weight_kg": _kg(found.weight_gram), "price_rub": decimal_text(found.price.minor),
        "weight_gt_kg": _kg(found.weight_low_gram), "weight_le_kg": _kg(found.weight_high_gram),
        "price_gt_rub": _rub(found.price_low_minor), "price_le_rub": _rub(found.price_high_minor),
        "card_version": found.card_version,
    }) + "\n"  # fmt: skip


@marketplace.command("import-orders")
def import_orders(
    file: Annotated[Path | None, typer.Argument(help="a CSV file; without it, the sample of 500 orders")] = None,
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
) -> None:
    """Load delivered orders. Safe to run twice: lines that are there already are left as they are."""
    from backhaul import importing  # noqa: PLC0415 -- the quote command should not load the houses

    source = file or Path(str(files("backhaul.marketplace") / "sample" / "orders.csv"))
    if not source.is_file():
        raise fail(f"{source} is not a file")
    raise typer.Exit(importing.run(source, data, database, Console(stderr=True, highlight=False)))


@marketplace.command("export-returns")
def export_returns(
    file: Annotated[Path, typer.Argument(help="what to write: its name ends in .csv, .xlsx or .parquet")],
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
) -> None:
    """Write all returns into one table, for a data warehouse. The house may run meanwhile; customers are not named."""
    from backhaul import exporting  # noqa: PLC0415 -- the quote command should not load the houses

    raise typer.Exit(exporting.run(file, data, database, Console(stderr=True, highlight=False, soft_wrap=True)))


@marketplace.command("import-rates")
def import_rates(
    file: Annotated[Path, typer.Argument(help="CSV (date, currency, nominal, rate, source), or a day's XML sheet")],
    source: Annotated[str, typer.Option(help="whose rates an XML sheet has; a CSV says it row by row")] = "",
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
) -> None:
    """Load exchange rates. Safe to run twice; another rate for a day is a new row that corrects the earlier one."""
    from backhaul import importing_rates  # noqa: PLC0415 -- the quote command should not load the houses

    if not file.is_file():
        raise fail(f"{file} is not a file")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    raise typer.Exit(importing_rates.run(file, source, data, database, console))


@marketplace.command("rule-cards")
def rule_cards() -> None:
    """Print the rule cards that come with the product, as a file to change and publish."""
    from backhaul import publishing  # noqa: PLC0415 -- the quote command should not load the houses

    sys.stdout.buffer.write(publishing.first_version())


@marketplace.command("publish-rule-cards")
def publish_rule_cards(
    file: Annotated[Path, typer.Argument(help="JSON, in the form that rule-cards prints")],
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
) -> None:
    """Publish a new version of the rule cards; it holds from the file's valid_from on."""
    from backhaul import publishing  # noqa: PLC0415

    if not file.is_file():
        raise fail(f"{file} is not a file")
    raise typer.Exit(publishing.run(file, data, database, Console(stderr=True, highlight=False)))


@partner.command("register-platform")
def register_platform(
    name: Annotated[str, typer.Argument(metavar="ID", help="short name: small letters, digits, hyphens")],
    title: Annotated[str, typer.Argument(metavar="NAME", help="what sellers read")],
    address: Annotated[str, typer.Argument(metavar="URL", help="https address of a server that speaks the Seller API")],
    data: Data = Path("var/partner"),
    database: DatabaseUrl = "",
) -> None:
    """Register a platform whose sellers may link their accounts; run again, it moves to another address."""
    from backhaul import registering  # noqa: PLC0415 -- the quote command should not load the houses
    from backhaul.partner.administration import NewPlatform  # noqa: PLC0415

    wanted = NewPlatform(name, title, address)
    raise typer.Exit(registering.register(wanted, data, database, Console(stderr=True, highlight=False)))


Login = Annotated[str, typer.Argument(help="of who lost phone and recovery codes")]
Ticket = Annotated[
    str, typer.Argument(metavar="WHY", help="for the access log and for them: the number of the request")
]


@marketplace.command("reset-second-factor")
def reset_second_factor(
    login: Login, why: Ticket, data: Data = Path("var/marketplace"), database: DatabaseUrl = ""
) -> None:
    """Take the second factor of somebody who lost it away; all their sessions end, and they are told."""
    _reset("marketplace", login, why, data, database)


@partner.command("reset-second-factor")
def reset_second_factor_of_partner(
    login: Login, why: Ticket, data: Data = Path("var/partner"), database: DatabaseUrl = ""
) -> None:
    """Take the second factor of somebody who lost it away; all their sessions end, and they are told."""
    _reset("partner", login, why, data, database)


def _reset(house: str, login: str, why: str, data: Path, database: str) -> None:
    from backhaul import resetting  # noqa: PLC0415 -- the quote command should not load the houses
    from backhaul.kit.second_factor_changes import Lost  # noqa: PLC0415

    raise typer.Exit(resetting.run(house, Lost(login, why), data, database, Console(stderr=True, highlight=False)))


@partner.command("platforms")
def platforms(data: Data = Path("var/partner"), database: DatabaseUrl = "") -> None:
    """Print the platforms that are registered: id, kind, name, address."""
    from backhaul import registering  # noqa: PLC0415

    raise typer.Exit(registering.listed(data, database, Console(highlight=False, soft_wrap=True)))


@partner.command("verify-draw")
def verify_draw(
    file: Annotated[Path, typer.Argument(help="a published epoch: its JSON document, or its CSV log with --key")],
    key: Annotated[str, typer.Option(help="the published key, in hexadecimal digits; the JSON document has it")] = "",
    sha256: Annotated[str, typer.Option(help="the hash of the key as you noted it before the epoch")] = "",
) -> None:
    """Compute a published draw again; exit 1 when a single unit comes out otherwise."""
    from backhaul.partner import draw_check  # noqa: PLC0415 -- the quote command should not load the houses

    if not file.is_file():
        raise fail(f"{file} is not a file")
    try:
        found = draw_check.read(file.read_bytes(), key, sha256)
    except draw_check.Unreadable as error:
        raise fail(f"{file} is no published draw: {error}") from None
    wrong = list(draw_check.faults(found))
    drawn = sum(line.drawn for line in found.draws)
    sys.stdout.write("".join(f"{fault}\n" for fault in wrong))
    sys.stdout.write(f"{len(found.draws)} units computed again, {drawn} drawn, {len(wrong)} differ\n")
    raise typer.Exit(1 if wrong else 0)


CATALOGUES = {"return-reasons": "return_reasons", "rejection-reasons": "rejection_reasons"}
ValidFrom = Annotated[
    str,
    typer.Option(help="from when it holds, for example 2025-01-01 or 2025-01-01T12:00+03:00; Moscow without a zone"),
]
Why = Annotated[str, typer.Option(help="why it is published, in 10 characters or more")]


@marketplace.command("rate-card")
def rate_card(
    as_json: Annotated[bool, typer.Option("--json", help="JSON and not CSV")] = False,  # noqa: FBT002 -- a flag on a command line
) -> None:
    """Print the rate card that comes with the product, as a file to change and publish."""
    from backhaul import publishing  # noqa: PLC0415

    sys.stdout.buffer.write(publishing.first_rate_card(as_json=as_json))


@marketplace.command("publish-rate-card")
def publish_rate_card(
    file: Annotated[Path, typer.Argument(help="CSV or JSON, in the form that rate-card prints")],
    valid_from: ValidFrom,
    why: Why,
    version: Annotated[str, typer.Option(help="a name that no version has; a JSON file may say it itself")] = "",
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
) -> None:
    """Publish a rate card. It covers every weight and price once, or each gap and overlap is named."""
    _publish_dated("rate_card", file, (valid_from, why, version), data, database)


@marketplace.command("catalogue")
def catalogue(name: Annotated[str, typer.Argument(help="return-reasons or rejection-reasons")]) -> None:
    """Print a catalogue that comes with the product, as a file to change and publish."""
    from backhaul import publishing  # noqa: PLC0415

    sys.stdout.buffer.write(publishing.first_catalogue(_catalogue(name)))


@marketplace.command("publish-catalogue")
def publish_catalogue(
    name: Annotated[str, typer.Argument(help="return-reasons or rejection-reasons")],
    file: Annotated[Path, typer.Argument(help="JSON, in the form that catalogue prints")],
    valid_from: ValidFrom,
    why: Why,
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
) -> None:
    """Publish a version of a catalogue of reasons."""
    _publish_dated(_catalogue(name), file, (valid_from, why, ""), data, database)


def _catalogue(name: str) -> str:
    if name not in CATALOGUES:
        raise fail(f"a catalogue is {' or '.join(CATALOGUES)}, not {name!r}")
    return CATALOGUES[name]


def _publish_dated(kind: str, file: Path, said: tuple[str, str, str], data: Path, database: str) -> None:
    from backhaul import publishing  # noqa: PLC0415

    if not file.is_file():
        raise fail(f"{file} is not a file")
    paper = publishing.Paper(kind, file, *said)
    raise typer.Exit(publishing.run_dated(paper, data, database, Console(stderr=True, highlight=False)))


@marketplace.command("payout-files")
def payout_files(data: Data = Path("var/marketplace"), database: DatabaseUrl = "") -> None:
    """Print the newest payout files: id, name, state, refunds, amount, when it was made."""
    from backhaul import paying  # noqa: PLC0415

    raise typer.Exit(paying.listed(data, database, Console(highlight=False, soft_wrap=True)))


@marketplace.command("payout-file")
def payout_file(
    file_id: Annotated[int, typer.Argument(metavar="ID", help="the id that payout-files prints")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="where to; default: its own name, here")] = None,
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
) -> None:
    """Write a payout file as the bank gets it."""
    from backhaul import paying  # noqa: PLC0415

    raise typer.Exit(paying.written(file_id, output, data, database, Console(stderr=True, highlight=False)))


@marketplace.command("import-statement")
def import_statement(
    file: Annotated[Path, typer.Argument(help="camt.053 or pain.002 (XML), or CSV")],
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
) -> None:
    """Take in a bank statement. Safe to run twice; exit 1 when an entry fits no refund."""
    from backhaul import paying  # noqa: PLC0415

    if not file.is_file():
        raise fail(f"{file} is not a file")
    raise typer.Exit(paying.take_in(file, data, database, Console(stderr=True, highlight=False)))


@marketplace.command("erase-again")
def erase_again(
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
    stones: Annotated[
        Path | None, typer.Option("--from", help="erasures.jsonl of the house whose backup this is")
    ] = None,
    by_reference: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--by-reference", help="for a backup of a release without Your data: it knows no keys of persons"),
    ] = False,
) -> None:
    """After a restore: erase anew everybody who was erased since the backup; SQLite gives deleted bytes back. The house must not run."""
    from backhaul import erasing_again  # noqa: PLC0415

    if stones is not None and not stones.is_file():
        raise fail(f"{stones} is not a file")
    console = Console(stderr=True, highlight=False)
    raise typer.Exit(erasing_again.run(data, database, stones, console, by_reference=by_reference))


@marketplace.command("jobs")
def jobs(
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
    watch: Annotated[bool, typer.Option("--watch", help="until nothing is at work any more")] = False,  # noqa: FBT002
) -> None:
    """Print the newest long work (exports, decisions, back-tests, invoices, statements, rates), each with a bar; exit 1 when one failed."""
    from backhaul import job_bars  # noqa: PLC0415 -- the quote command should not load the houses

    raise typer.Exit(job_bars.shown(data, database, Console(highlight=False, soft_wrap=True), watch=watch))


@marketplace.command("job-result")
def job_result(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="the id that jobs prints")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="where to; default: its own name, here")] = None,
    data: Data = Path("var/marketplace"),
    database: DatabaseUrl = "",
) -> None:
    """Write the file that came of long work."""
    from backhaul import job_bars  # noqa: PLC0415

    raise typer.Exit(job_bars.fetched(job_id, output, data, database, Console(stderr=True, highlight=False)))


@app.command("serve")
def serve(  # noqa: PLR0913 -- the options of a command line
    house: Annotated[str, typer.Argument(help="marketplace or partner")],
    data: HouseData = None,
    database: DatabaseUrl = "",
    host: str = "127.0.0.1",
    port: Port = 0,
    worker: WorkerToo = True,  # noqa: FBT002
    secure: Secure = False,  # noqa: FBT002
    proxies: Proxies = "",
    with_parent: WithParent = False,  # noqa: FBT002
    mail: MailTo = "",
    mail_from: MailFrom = "",
    url: PublicUrl = "",
    webhooks_into: WebhooksInto = "",
    media: Media = "",
    walk: WalkFile = None,
    metrics: MetricsAt = "",
    traces: TracesTo = "",
    log: LogOf = "faults",
    drain: Drain = 0.0,
    trial: Trial = False,  # noqa: FBT002
) -> None:
    """Serve one house until Ctrl-C. Settings that would lose or show what is in it are told, and then it does not start."""
    from backhaul import serving  # noqa: PLC0415

    if house not in serving.HOUSES:
        raise fail(f"serve marketplace or partner, not {house!r}")
    chosen = data or Path("var") / house
    asked = _asked(house, chosen, database, (host, url, secure, proxies, webhooks_into, mail), media)
    raise typer.Exit(serving.serve(house, chosen, database, host, port or serving.PORTS[house], worker=worker,
                                   secure=secure, with_parent=with_parent, proxies=proxies, post=_post(mail, mail_from, url),
                                   webhooks_into=_networks(webhooks_into), media=_bucket(media), walk=walk,
                                   wanted=_observed(metrics, traces, log, drain), trial=_examined(asked, trial=trial)))  # fmt: skip


def _post(to: str, sent_from: str, url: str) -> "serving.Post":
    """The settings of the mails, refused now and not with the first mail."""
    from backhaul import serving  # noqa: PLC0415
    from backhaul.kit import mail  # noqa: PLC0415

    try:
        mail.sender_of(to, Path())
    except ValueError as error:
        raise fail(f"--mail is file, console, or {error}") from None
    if sent_from and not mail.is_sender(sent_from):
        raise fail(f'--mail-from is an address, as "Name <name@example.com>", not {sent_from!r}')
    return serving.Post(to, sent_from, url.rstrip("/"))


def _networks(text: str) -> str:
    """Networks of our own that webhooks may lead into, refused now and not with the first message."""
    from backhaul.kit import egress  # noqa: PLC0415

    try:
        egress.networks(text)
    except ValueError as error:
        raise fail(f"--webhooks-into: {error}") from None
    return text


def _observed(metrics: str, traces: str, log: str = "faults", drain: float = 0.0) -> "observed.Wanted":
    """What may be heard and seen of the house, refused now and not later."""
    from backhaul import observed  # noqa: PLC0415

    try:
        return observed.wanted_of(metrics, traces, log, drain)
    except ValueError as error:
        raise fail(str(error)) from None
    except ImportError:
        raise fail("--traces needs OpenTelemetry: install backhaul[otel]") from None


def _bucket(media: str) -> str:
    """The bucket of photos and videos, refused now and not with the first photo."""
    from backhaul.kit import object_storage  # noqa: PLC0415

    try:
        object_storage.storage_of(media, Path())
    except ValueError as error:
        raise fail(f"--media: {error}") from None
    return media


@app.command("work")
def work(  # noqa: PLR0913 -- the options of a command line
    house: Annotated[str, typer.Argument(help="marketplace or partner")],
    data: HouseData = None,
    database: DatabaseUrl = "",
    mail: MailTo = "",
    mail_from: MailFrom = "",
    url: PublicUrl = "",
    webhooks_into: WebhooksInto = "",
    metrics: MetricsAt = "",
    traces: TracesTo = "",
    media: Media = "",
    trial: Trial = False,  # noqa: FBT002
) -> None:
    """Fire deadlines and send messages, as a process of its own (PostgreSQL only; on SQLite the house does it)."""
    from backhaul import serving  # noqa: PLC0415

    if house not in serving.HOUSES:
        raise fail(f"work marketplace or partner, not {house!r}")
    if serving.is_embedded(database):
        raise fail("on SQLite the worker runs inside the house: serve it without --no-worker")
    asked = _asked(house, data, database, ("127.0.0.1", url, True, "", webhooks_into, mail), media)  # it has no cookies
    raise typer.Exit(serving.work(house, data or Path("var") / house, database, _post(mail, mail_from, url),
                                  _networks(webhooks_into), _observed(metrics, traces), _bucket(media), _examined(asked, trial=trial)))  # fmt: skip


@app.command("doctor")
def doctor(  # noqa: PLR0913 -- the options of a command line
    house: Annotated[str, typer.Argument(help="marketplace or partner")],
    data: HouseData = None,
    database: DatabaseUrl = "",
    host: str = "127.0.0.1",
    port: Port = 0,  # noqa: ARG001 -- what follows such a mark is of a whole line of serve, and nothing to judge
    worker: WorkerToo = True,  # noqa: ARG001, FBT002
    secure: Secure = False,  # noqa: FBT002
    proxies: Proxies = "",
    with_parent: WithParent = False,  # noqa: ARG001, FBT002
    mail: MailTo = "",
    mail_from: MailFrom = "",
    url: PublicUrl = "",
    webhooks_into: WebhooksInto = "",
    media: Media = "",
    walk: WalkFile = None,  # noqa: ARG001
    metrics: MetricsAt = "",
    traces: TracesTo = "",
    log: LogOf = "faults",
    drain: Drain = 0.0,
    trial: Trial = False,  # noqa: ARG001, FBT002
) -> None:
    """Say which settings are not safe, why, and what to do. Takes a whole line of serve; exit 1 when that would not start, or only on trial."""
    from backhaul import doctor as looks  # noqa: PLC0415

    asked = _asked(house, data, database, (host, url, secure, proxies, webhooks_into, mail), media)
    _post(mail, mail_from, url)
    _observed(metrics, traces, log, drain)
    raise typer.Exit(looks.run(asked))


def _asked(
    house: str, data: Path | None, database: str, doors: tuple[str, str, bool, str, str, str], media: str
) -> "looks.House":
    """A house as the options say it, for whoever looks at its settings. `doors`: in the order of `safety.Doors`."""
    from backhaul import doctor as looks  # noqa: PLC0415
    from backhaul import serving  # noqa: PLC0415
    from backhaul.kit import safety  # noqa: PLC0415

    if house not in serving.HOUSES:
        raise fail(f"a house is marketplace or partner, not {house!r}")
    chosen = data or Path("var") / house
    _networks(doors[4])
    return looks.House(
        house, chosen, serving.database_url(house, chosen, database), safety.Doors(*doors), _bucket(media)
    )


def _examined(house: "looks.House", *, trial: bool) -> str:
    """What a house on trial says of itself; not safe and no trial: the command ends."""
    from backhaul import doctor as looks  # noqa: PLC0415

    said = looks.examined(house, trial=trial)
    if said is None:
        raise typer.Exit(1)
    return said


AnchorFile = Annotated[
    Path | None, typer.Option(help="an anchor that somebody kept: chains must still be what they were")
]


@app.command("verify")
def verify(
    house: Annotated[str, typer.Argument(help="marketplace or partner")],
    data: HouseData = None,
    database: DatabaseUrl = "",
    media: Media = "",
    anchor: AnchorFile = None,
) -> None:
    """Fold every case anew from its events, check every chain of hashes, the ledger and the files; exit 1 when something differs."""
    from backhaul import verifying  # noqa: PLC0415

    _known(house, "verify")
    raise typer.Exit(verifying.verify(house, data or Path("var") / house, database, _bucket(media), anchor))


@app.command("anchor")
def anchor(
    house: Annotated[str, typer.Argument(help="marketplace or partner")],
    file: Annotated[
        Path, typer.Argument(help="where to; keep it, or at least the line that is printed, outside this house")
    ],
    previous: Annotated[
        Path | None, typer.Option(help="the anchor before: none is written when it does not hold any more")
    ] = None,
    data: HouseData = None,
    database: DatabaseUrl = "",
) -> None:
    """Write down the heads of all chains, signed, for somebody outside to keep: `verify --anchor` tells by it what was changed since."""
    from backhaul import anchoring  # noqa: PLC0415

    _known(house, "anchor")
    raise typer.Exit(anchoring.run(house, data or Path("var") / house, database, file, previous))


@app.command("backup")
def backup(
    house: Annotated[str, typer.Argument(help="marketplace or partner")],
    to: Annotated[Path, typer.Argument(help="a directory that is not there yet")],
    data: HouseData = None,
    database: DatabaseUrl = "",
    media: Media = "",
) -> None:
    """Copy a house, also while it works: its database at one moment, photos and videos, keys, files."""
    from backhaul import backing_up  # noqa: PLC0415

    _known(house, "back up")
    raise typer.Exit(backing_up.backup(house, data or Path("var") / house, database, _bucket(media), to))


@app.command("restore")
def restore(
    house: Annotated[str, typer.Argument(help="marketplace or partner")],
    source: Annotated[Path, typer.Argument(metavar="FROM", help="a backup")],
    data: Annotated[Path | None, typer.Option(help="data directory, empty or not there; default var/HOUSE")] = None,
    database: DatabaseUrl = "",
    media: Media = "",
) -> None:
    """Put a backup back where no house is, and prove that it is the house of then: chains, folds, ledger, files."""
    from backhaul import restoring  # noqa: PLC0415

    _known(house, "restore")
    raise typer.Exit(restoring.restore(house, source, data or Path("var") / house, database, _bucket(media)))


def _known(house: str, verb: str) -> None:
    from backhaul import serving  # noqa: PLC0415

    if house not in serving.HOUSES:
        raise fail(f"{verb} marketplace or partner, not {house!r}")


@app.command("demo")
def demo(
    port: Port = 8000,
    partner_port: Port = 8001,
    data: Annotated[Path | None, typer.Option(help="data directory; default var/demo, or var/sandbox")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="written as JSON when everything answers")] = None,
    sandbox: Annotated[  # noqa: FBT002 -- a flag on a command line
        bool, typer.Option("--sandbox", help="with doors to turn the clock and to play anybody")
    ] = False,
) -> None:
    """Start both houses with a world to click through; Ctrl-C stops everything."""
    from backhaul import demo as show  # noqa: PLC0415

    chosen = data or Path("var") / ("sandbox" if sandbox else "demo")
    raise typer.Exit(show.run(port, partner_port, chosen, ready_file, sandbox=sandbox))


def main() -> None:
    """The entry point."""
    app()


if __name__ == "__main__":
    main()
