"""Mails leave as files or by a real SMTP conversation; whatever the server does, each mail is sent once and nobody waits."""

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backhaul.kit.clock import Clock
from backhaul.kit.database import Statement
from backhaul.kit.days import from_us, to_us
from backhaul.kit.desk import Errand
from backhaul.kit.mail import FileSender, Sender, SmtpSender, is_address, is_sender, mail_of, sender_of
from backhaul.kit.noticeboard import Mailbox
from backhaul.kit.notices import Notice
from backhaul.kit.rounds import Outcome, mark_of, next_try
from backhaul.marketplace import tables
from tests.letters import mails, text_of
from tests.marketplace.cast import MORNING, Market, market

AT = datetime(2024, 9, 10, 6, 30, tzinfo=UTC)


class Conversation(socketserver.StreamRequestHandler):
    """One client of the SMTP server, line by line."""

    server: "SmtpServer"
    safe = False

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline():
            word = line.decode().strip()
            self.server.heard.append(word)
            command = word.split(" ")[0].upper()
            if command == "EHLO":
                tls = ["250-STARTTLS"] if self.server.tls and not self.safe else []
                self.say("250-here", *tls, "250-AUTH PLAIN LOGIN", "250 8BITMIME")
            elif command == "STARTTLS" and self.server.tls is not None:
                self.say("220 go on")
                self.connection = self.request = self.server.tls.wrap_socket(self.request, server_side=True)
                self.safe = True
                self.setup()
            elif command == "AUTH":
                self.say("235 welcome")
            elif command == "RCPT" and any(who in word for who in self.server.refused):
                self.say(next(answer for who, answer in self.server.refused.items() if who in word))
            elif command == "DATA":
                self.say("354 go on")
                self.server.taken.append(self.letter())
                self.say("250 taken")
                if len(self.server.taken) == self.server.goes_away_after:
                    return
            elif command == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def finish(self) -> None:
        super().finish()
        if self.safe:
            self.connection.close()

    def letter(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class SmtpServer(socketserver.ThreadingTCPServer):
    """A tiny SMTP server. `refused`: what it answers to a recipient that it does not take."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Conversation)
        self.heard: list[str] = []
        self.taken: list[bytes] = []
        self.refused: dict[str, str] = {}
        self.goes_away_after = 0
        self.tls: ssl.SSLContext | None = None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def mails(self) -> list[EmailMessage]:
        found = [message_from_bytes(raw, policy=policy.default) for raw in self.taken]
        return [mail for mail in found if isinstance(mail, EmailMessage)]


@contextlib.contextmanager
def smtp_server(port: int = 0) -> Iterator[SmtpServer]:
    with SmtpServer(port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def a_mail(mail_id: str = "m1", to: str = "irina@example.com", subject: str = "Возврат одобрен") -> EmailMessage:
    return mail_of(
        mail_id, "Backhaul <no-reply@shop.example>", to, subject, ("Принесите плед.", "<p>Принесите плед.</p>"), AT
    )


# -- One mail ---------------------------------------------------------------------------------------------------------


def test_a_mail_says_the_same_as_text_and_as_html_and_is_known_again() -> None:
    mail = a_mail()

    assert "multipart/alternative" == mail.get_content_type()
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in mail.iter_parts()]
    assert "<m1@shop.example>" == mail["message-id"]
    assert "Tue, 10 Sep 2024 06:30:00 +0000" == mail["date"]
    assert a_mail()["message-id"] == mail["message-id"]


def test_nothing_that_people_type_becomes_a_header() -> None:
    mail = a_mail(subject="Plaid\r\nBcc: everybody@example.com\n\nHello")

    assert mail["bcc"] is None
    assert b"\r\nBcc:" not in mail.as_bytes()
    assert "Plaid Bcc: everybody@example.com Hello" == mail["subject"]


@pytest.mark.parametrize(
    "text",
    ["irina@example.com\r\nBcc: a@b.c", "irina", "@example.com", "irina@", "a@b, c@d", "<a@b>", "Irina <a@b>", ""],
)
def test_what_is_no_address_gets_no_mail(text: str) -> None:
    assert not is_address(text)


def test_an_address_is_an_address() -> None:
    assert is_address("irina.s+returns@mail.example.com")
    assert is_sender("Backhaul <no-reply@example.com>")
    assert not is_sender("Backhaul")


# -- Senders ----------------------------------------------------------------------------------------------------------


def test_the_same_mail_again_is_the_same_file(tmp_path: Path) -> None:
    sender = FileSender(tmp_path / "mail")
    first = sender.send([a_mail(), a_mail("m2", "pavel@example.com")])
    again = sender.send([a_mail()])

    assert [True, True, True] == [outcome.sent for outcome in first + again]
    assert {"m1.eml", "m2.eml"} == {path.name for path in (tmp_path / "mail").iterdir()}
    assert {"irina@example.com", "pavel@example.com"} == {mail["to"] for mail in mails(tmp_path / "mail")}


def test_a_directory_that_cannot_be_written_is_an_outcome(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file stands here")

    assert [False] == [outcome.sent for outcome in FileSender(tmp_path / "mail").send([a_mail()])]


def test_an_smtp_server_takes_several_mails_in_one_conversation() -> None:
    with smtp_server() as server:
        outcomes = SmtpSender(f"smtp://127.0.0.1:{server.port}").send([a_mail(), a_mail("m2", "pavel@example.com")])

        assert [True, True] == [outcome.sent for outcome in outcomes]
        assert ["irina@example.com", "pavel@example.com"] == [mail["to"] for mail in server.mails()]
        assert ["Возврат одобрен"] * 2 == [mail["subject"] for mail in server.mails()]
        assert "Принесите плед." == text_of(server.mails()[0]).strip()
        assert 1 == sum(word.startswith("ehlo") for word in server.heard)
        assert not any(word.startswith("AUTH") for word in server.heard)


def test_user_and_password_of_the_url_are_shown_to_a_server_of_this_machine() -> None:
    with smtp_server() as server:
        SmtpSender(f"smtp://house:p%40ss@127.0.0.1:{server.port}").send([a_mail()])

        # base64 of "\0house\0p@ss"
        assert "AUTH PLAIN AGhvdXNlAHBAc3M=" in server.heard


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that only itself vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    here = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    now = Clock().now()
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return directory / "cert.pem", directory / "key.pem"


@pytest.mark.parametrize("trusted", [True, False])
def test_where_tls_is_offered_it_is_taken_and_only_a_certificate_that_is_trusted_hears_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool
) -> None:
    cert, key = certificate(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    with smtp_server() as server:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(cert, key)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the client hangs up: that is what we want
        (outcome,) = SmtpSender(f"smtp://house:secret@127.0.0.1:{server.port}").send([a_mail()])

        assert trusted is outcome.sent
        assert "STARTTLS" in server.heard
        assert trusted is any(word.startswith("AUTH") for word in server.heard)


def test_a_refusal_for_good_is_final_and_one_for_now_is_not() -> None:
    with smtp_server() as server:
        server.refused = {"nobody@": "550 no such user", "full@": "452 mailbox full"}
        to = ["nobody@example.com", "full@example.com", "irina@example.com"]
        outcomes = SmtpSender(f"smtp://127.0.0.1:{server.port}").send([a_mail(who, who) for who in to])

        assert [(False, False), (False, True), (True, True)] == [(o.sent, o.again) for o in outcomes]
        assert "550 no such user" == outcomes[0].answer


def test_when_the_server_goes_away_what_it_took_is_sent_and_the_rest_waits() -> None:
    with smtp_server() as server:
        server.goes_away_after = 1
        outcomes = SmtpSender(f"smtp://127.0.0.1:{server.port}").send([a_mail("m1"), a_mail("m2"), a_mail("m3")])

        assert [(True, True), (False, True), (False, True)] == [(o.sent, o.again) for o in outcomes]


def test_where_nobody_listens_everything_waits() -> None:
    outcomes = SmtpSender(f"smtp://127.0.0.1:{free_port()}").send([a_mail("m1"), a_mail("m2")])

    assert [(False, True)] * 2 == [(o.sent, o.again) for o in outcomes]


@pytest.mark.parametrize("setting", ["http://127.0.0.1", "smtp://", "pigeon"])
def test_a_setting_that_is_none_is_refused(setting: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="smtp://USER:PASSWORD@HOST:PORT"):
        sender_of(setting, tmp_path)


# -- Rounds -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def write_to(shop: Market, *addresses: str) -> None:
    """One mail each, about nothing of importance."""
    notice = Notice("customer:C-1", "refund_saved", {"number": "R-1", "name": "Плед {x}"})

    def write(tx: Any, at: datetime) -> bytes:
        for address in addresses:
            tables.board.send_only(tx, notice, "test.1", Mailbox(address, "en"), round(at.timestamp() * 1_000_000))
        return b""

    shop.office.desk.perform_now(Errand(write))


def rows(shop: Market) -> dict[str, tuple[datetime | None, int, bool, str]]:
    """Address -> when it is tried next, how often it was, whether it was sent, the answer."""
    mail = tables.board.mails
    with shop.office.database.read() as tx:
        found = tx.rows(Statement(mail.select().order_by(mail.c.address)))
    named = [dict(zip((c.name for c in mail.columns), row, strict=True)) for row in found]
    return {
        one["address"]: (
            None if one["next_us"] is None else from_us(one["next_us"]), one["tries"], one["sent_us"] is not None,
            one["answer"],
        )
        for one in named
    }  # fmt: skip


def test_a_mail_waits_while_the_server_is_away_and_is_sent_once_when_it_is_back(shop: Market) -> None:
    port = free_port()
    mailing = shop.office.mailing
    mailing.sender = SmtpSender(f"smtp://127.0.0.1:{port}")
    mailing.jitter = lambda: 1.0
    write_to(shop, "irina@example.com")

    assert 0 == mailing.send_due()
    waits, tries, sent, _ = rows(shop)["irina@example.com"]
    assert (MORNING + timedelta(seconds=5), 1, False) == (waits, tries, sent)
    assert 0 == mailing.send_due()
    assert 1 == rows(shop)["irina@example.com"][1]

    shop.clock.turn(timedelta(seconds=5))
    assert 0 == mailing.send_due()
    assert MORNING + timedelta(seconds=15) == rows(shop)["irina@example.com"][0]

    with smtp_server(port) as server:
        shop.clock.turn(timedelta(seconds=10))
        assert 1 == mailing.send_due()
        assert 0 == mailing.send_due()
        assert 1 == len(server.taken)
        assert (None, 3, True, "250") == rows(shop)["irina@example.com"]


def test_one_bad_address_keeps_no_other_mail_back(shop: Market, tmp_path: Path) -> None:
    write_to(shop, "a\r\nBcc: b@example.com", "irina@example.com")

    assert 1 == shop.office.mailing.send_due()
    assert (None, 1, False, "not an address") == rows(shop)["a\r\nBcc: b@example.com"]
    (mail,) = mails(tmp_path / "data" / "mail")
    assert "Refund cancelled · R-1" == mail["subject"]
    assert text_of(mail).startswith("The customer is not refunded for Плед {x}: you keep the money.")


def test_a_text_that_cannot_be_written_keeps_no_other_mail_back(shop: Market) -> None:
    write_to(shop, "irina@example.com", "pavel@example.com")
    broken = Statement(
        tables.board.mails.update()
        .where(tables.board.mails.c.address == "irina@example.com")
        .values(facts='{"name": {"type": "of another age"}}')
    )
    shop.errand(lambda tx, _: tx.run(broken))

    assert 1 == shop.office.mailing.send_due()
    assert rows(shop)["pavel@example.com"][2]
    assert (1, False, "it could not be written") == rows(shop)["irina@example.com"][1:]


class Slow:
    """A sender that lets somebody else come in between."""

    def __init__(self, meanwhile: Any) -> None:
        self.meanwhile = meanwhile
        self.seen: list[str] = []

    def send(self, mails: Any) -> list[Outcome]:
        self.seen += [mail["to"] for mail in mails]
        self.meanwhile()
        return [Outcome("taken", sent=True) for _ in mails]


def test_two_workers_do_not_send_one_mail_twice(shop: Market) -> None:
    """PostgreSQL may have several workers (D29): what one has in hand, another does not take."""
    mailing = shop.office.mailing
    others: list[int] = []
    sender = Slow(lambda: others.append(mailing.send_due()))
    mailing.sender = sender
    write_to(shop, "irina@example.com")

    assert 1 == mailing.send_due()
    assert [0] == others
    assert ["irina@example.com"] == sender.seen


def test_a_mail_that_was_in_hand_when_the_house_died_is_sent_later(shop: Market, tmp_path: Path) -> None:
    mailing = shop.office.mailing

    def die() -> None:
        raise KeyboardInterrupt

    sender: Sender = Slow(die)
    mailing.sender = sender
    write_to(shop, "irina@example.com")
    with pytest.raises(KeyboardInterrupt):
        mailing.send_due()

    mailing.sender = FileSender(tmp_path / "mail")
    assert 0 == mailing.send_due()
    shop.clock.turn(timedelta(minutes=15))
    assert 1 == mailing.send_due()
    assert 1 == len(mails(tmp_path / "mail"))


def test_what_was_sent_is_forgotten_and_the_link_in_it_too(shop: Market) -> None:
    write_to(shop, "irina@example.com")
    shop.office.mailing.send_due()
    with shop.office.database.read() as tx:
        facts = tx.rows(Statement(tables.board.mails.select().with_only_columns(tables.board.mails.c.facts)))

    assert [("{}",)] == facts


def test_tries_come_rarer_and_end() -> None:
    """Five seconds, doubled each time, three hours at most; a mail has forty tries, a letter to another house any number."""
    waits = [(from_us(at) - AT).total_seconds() for n in range(13) if (at := next_try(n, AT, 1.0))]

    assert [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 10_800] == waits
    assert AT + timedelta(seconds=2.5) == from_us(next_try(0, AT, 0.0))
    failed = Outcome("503", sent=False)
    assert mark_of("m", 38, failed, AT, 1.0, 40)["next_us"] is not None
    assert mark_of("m", 39, failed, AT, 1.0, 40)["next_us"] is None
    assert mark_of("m", 2_000, failed, AT, 1.0)["next_us"] == to_us(AT + timedelta(hours=3))
