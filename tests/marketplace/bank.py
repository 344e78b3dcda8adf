"""A bank beyond us, for the tests of payouts: it takes files, fails as it is told to, pays each end-to-end id once, and writes
statements. Nothing of it is our own code."""

from collections import deque
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from backhaul.marketplace.banks import BankAnswer, NotTaken, PayoutFile
from tests.marketplace.cast import Market

PAIN = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"
CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


class Died(BaseException):
    """The process is gone: nothing after this line runs."""


class OtherBank:
    """`plan`: what happens at the next tries, `takes` when it is used up."""

    def __init__(self, *plan: str) -> None:
        self.plan = deque(plan)
        self.seen: list[tuple[str, bytes]] = []
        self.taken: dict[str, bytes] = {}
        self.booked: dict[str, str] = {}  # by end-to-end id: what was paid
        self.inbox: deque[BankAnswer] = deque()
        self.refused: list[str] = []

    def hand_over(self, file: PayoutFile) -> None:
        self.seen.append((file.message_id, file.content))
        how = self.plan.popleft() if self.plan else "takes"
        if how == "refuses":
            raise NotTaken("AM04")
        if how in {"takes", "takes and times out", "takes and dies", "takes, answers twice"}:
            self._take(file)
        if how in {"times out", "takes and times out"}:
            raise TimeoutError("no answer in 30 s")
        if how in {"dies", "takes and dies"}:
            raise Died

    def _take(self, file: PayoutFile) -> None:
        if file.message_id in self.taken:
            assert self.taken[file.message_id] == file.content, "the same file says something else"
            return
        self.taken[file.message_id] = file.content
        for key, amount in payments(file.content) if file.form == "pain.001" else ():
            self.booked.setdefault(key, amount)

    def answers(self) -> Iterator[BankAnswer]:
        yield from list(self.inbox)

    def put_by(self, answer: BankAnswer, *, refused: bool) -> None:
        self.inbox.remove(answer)
        self.refused += [answer.name] if refused else []


def payments(content: bytes) -> list[tuple[str, str]]:
    """(end-to-end id, amount) of a pain.001 file."""
    document = ET.fromstring(content)  # noqa: S314 -- our own
    return [
        (str(one.findtext(f"{PAIN}PmtId/{PAIN}EndToEndId")), str(one.findtext(f"{PAIN}Amt/{PAIN}InstdAmt")))
        for one in document.iter(f"{PAIN}CdtTrfTxInf")
    ]


def entry(key: str, amount: str = "12400.00", *, reference: str = "", kind: str = "booked", day: str = "2024-09-03",
          currency: str = "RUB", reason: str = "AC04", status: str = "BOOK") -> str:  # fmt: skip
    """One entry of a camt.053 statement."""
    returned = kind == "returned"
    back = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if returned else ""
    return (
        f'<Ntry><NtryRef>1</NtryRef><Amt Ccy="{currency}">{amount}</Amt>'
        f"<CdtDbtInd>{'CRDT' if returned else 'DBIT'}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>"
        f"<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{reference or f'{kind}-{key}'}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{key}</EndToEndId></Refs>{back}</TxDtls></NtryDtls></Ntry>"
    )


def statement(entries: Sequence[str], number: str = "S-1", prolog: str = "", namespace: str = CAMT) -> bytes:
    """A camt.053.001.08 statement."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{prolog}<Document xmlns="{namespace}"><BkToCstmrStmt><GrpHdr>'
        f"<MsgId>{number}</MsgId></GrpHdr><Stmt><Id>{number}</Id>{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def report(key: str, status: str = "RJCT", reason: str = "AC01") -> bytes:
    """A pain.002 status report of one payment."""
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><OrgnlPmtInfAndSts><TxInfAndSts>'
        f"<OrgnlEndToEndId>{key}</OrgnlEndToEndId><TxSts>{status}</TxSts><StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>"
        "</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


def report_of_file(message_id: str, *keys: str, level: str = "group", reason: str = "FF01") -> bytes:
    """A pain.002 report that rejects a whole file, as a group of messages or of payments; some payments with a reason of their own."""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>"
    own = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{key}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>"
        "</TxInfAndSts>"
        for key in keys
    )
    group = f"<GrpSts>RJCT</GrpSts>{why}" if level == "group" else ""
    payments = f"<PmtInfSts>RJCT</PmtInfSts>{why}" if level == "payments" else ""
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}"
        f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{message_id}-1</OrgnlPmtInfId>{payments}{own}</OrgnlPmtInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def report_of_some(message_id: str, payments: dict[str, str], *, reason: str = "FF01", level: str = "group") -> bytes:
    """One that rejects a whole file and names payments by their status, or none, without reasons of their own."""
    said = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{key}</OrgnlEndToEndId>{f'<TxSts>{status}</TxSts>' if status else ''}</TxInfAndSts>"
        for key, status in payments.items()
    )
    whole = report_of_file(message_id, level=level, reason=reason).decode()
    return whole.replace("</OrgnlPmtInfAndSts>", f"{said}</OrgnlPmtInfAndSts>").encode()


def bank_of(shop: Market, *plan: str) -> OtherBank:
    """Put a bank behind the marketplace's payouts."""
    bank = OtherBank(*plan)
    shop.office.payouts.bank = bank
    return bank


def rounds(shop: Market, most: int = 50) -> None:
    """Let the worker run until it is quiet."""
    for _ in range(most):
        if not shop.office.tick():
            return
    raise AssertionError("the worker does not come to rest")
