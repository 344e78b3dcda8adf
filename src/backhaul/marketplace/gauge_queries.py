"""What is asked of the marketplace's database for its gauges (`kit/gauges.py`): returns by stage, deadlines, queues."""

from backhaul.kit import gauges
from backhaul.marketplace import tables as t
from backhaul.marketplace.jobs import queries as jobs
from backhaul.marketplace.returns_report import queries as reports
from backhaul.marketplace.rules.lifecycle import RETURN

NOUNS = (gauges.noun("return", RETURN.states, t.returns, ended=RETURN.ends),)

_outbox, _mails, _deliveries = t.journal.outbox.c, t.board.mails.c, t.telling.deliveries.c
_jobs, _reports, _pushes = t.jobs.c, t.reports.c, t.pushes.c
QUEUES = {
    "letters": gauges.queue(_outbox.written_us, _outbox.next_us.is_not(None), order=[_outbox.next_us]),
    "mails": gauges.queue(_mails.written_us, _mails.next_us.is_not(None), order=[_mails.next_us]),
    "webhooks": gauges.queue(_deliveries.written_us, _deliveries.next_us.is_not(None),
                             order=[_deliveries.webhook_id, _deliveries.next_us]),
    "pushes": gauges.queue(_pushes.written_us, order=[_pushes.id]),
    "jobs_queued": gauges.queue(_jobs.created_us, _jobs.due_us.is_not(None), order=[_jobs.due_us, _jobs.id],
                                state=(_jobs.state, jobs.QUEUED)),
    "jobs_running": gauges.queue(_jobs.created_us, _jobs.due_us.is_not(None), order=[_jobs.due_us, _jobs.id],
                                 state=(_jobs.state, jobs.RUNNING)),
    "reports_queued": gauges.queue(_reports.created_us, _reports.due_us.is_not(None), order=[_reports.due_us, _reports.id],
                                   state=(_reports.state, reports.WAITING)),
    "reports_running": gauges.queue(_reports.created_us, _reports.due_us.is_not(None), order=[_reports.due_us, _reports.id],
                                    state=(_reports.state, reports.RUNNING)),
}  # fmt: skip
