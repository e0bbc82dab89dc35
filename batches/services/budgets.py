"""What a month may cost a workspace, or one of its keys: held from the plan of a batch on, spent at its end.

What a batch cost is told of its workspace and of its key, whether or not there is a budget: one that is set
in the middle of a month counts from the first day. A batch counts in the month, in UTC, in which it was made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import F
from django.utils import timezone

from batches.models import Batch, Spend
from batches.services.tally import Account, Tally, total
from providers import registry
from providers.adding import upsert
from providers.models import Credential, VirtualKey, Workspace
from providers.money import dollars
from providers.prices import DOLLAR
from providers.records import MalformedRecordError, Record
from providers.tokens import tokens_of_request

# As OpenAI has it: https://platform.openai.com/docs/guides/error-codes
USED_UP = "billing_hard_limit_reached"
NO_PRICE = "model_price_unknown"
# No sum of two of these is too large for its column. Who asks for as much is refused by any budget.
MOST = 2**61
MOST_MODELS = 1000


class BudgetExceededError(Exception):
    """The month's budget of the workspace or of the key does not suffice, as the message says."""


@dataclass(frozen=True)
class Month:
    """How much of a budget is held and spent, in billionths of a US dollar. Of answers that are `unpriced`
    what was held for them is spent, if anything was."""

    held: int = 0
    spent: int = 0
    unpriced: int = 0


def month_of(owner: Workspace | VirtualKey, at: datetime | None = None) -> Month:
    """What batches made in a month (this one) hold and cost."""
    row = Spend.objects.filter(owner=owner.pk, month=_month(at or timezone.now())).first()
    return Month(row.held, row.spent, row.unpriced) if row else Month()


def check(workspace: Workspace, key: VirtualKey | None, at: datetime | None = None) -> None:
    """Whether there is anything left of the budgets of a month (this one). Raises BudgetExceededError.

    No question to the database where there are none.
    """
    for owner, budget in _budgets(workspace, key):
        month = month_of(owner, at)
        if month.held + month.spent >= budget:
            raise BudgetExceededError(_used_up(owner, budget, month))


def check_left(workspace: Workspace, key: VirtualKey | None, cost: int) -> None:
    """Whether so much is left of this month's budgets. Raises BudgetExceededError."""
    at = timezone.now()
    for owner, budget in _budgets(workspace, key):
        month = month_of(owner, at)
        if month.held + month.spent + cost > budget:
            raise BudgetExceededError(_too_dear(owner, budget, month.held + month.spent, cost))


def limited(workspace: Workspace, key: VirtualKey | None) -> bool:
    """Whether anybody limits what their batches may cost."""
    return any(_budgets(workspace, key))


def hold(batch: Batch, cost: int) -> None:
    """Hold what the batch may cost. Call it in the transaction that writes a plan of it, and `reserved`.

    Raises BudgetExceededError: nothing is held then, once the transaction is rolled back.
    """
    month = _month(batch.created_at)
    _add(batch, held=cost)
    # The rows are ours until the end of the transaction: whoever comes next finds what we hold.
    for owner, budget in _budgets(batch.workspace, batch.virtual_key):
        held = Spend.objects.filter(owner=owner.pk, month=month)
        if not held.filter(held__lte=budget - F("spent")).exists():
            row = held.get()
            raise BudgetExceededError(_too_dear(owner, budget, row.held - cost + row.spent, cost))


def settle(batch: Batch, *, cost: int, unpriced: int = 0) -> None:
    """Let go of what the batch holds, and count what it cost, or what it cost more than was counted.

    Call it in the transaction that writes `reserved` to be 0.
    """
    if batch.reserved or cost or unpriced:
        _add(batch, held=-batch.reserved, spent=cost, unpriced=unpriced)


def _add(batch: Batch, *, held: int, spent: int = 0, unpriced: int = 0) -> None:
    month = _month(batch.created_at)
    values = [(owner, month, held, spent, unpriced) for owner in _owners(batch)]
    upsert(Spend._meta.db_table, ("owner", "month"), ("held", "spent", "unpriced"), values)


class Reserve:
    """What records may cost at the most, at whichever of some accounts: see `tokens_of_request`."""

    def __init__(
        self, provider: str, accounts: Sequence[Account], *, at: datetime | None = None
    ) -> None:
        self._provider = provider
        self._accounts = accounts
        self._at = at
        self._tallies: dict[str, Tally] = {}

    @classmethod
    def of(cls, batch: Batch, credential: Credential) -> "Reserve | None":
        """For a batch on its way to an account; None if nobody limits what it may cost."""
        if not limited(batch.workspace, batch.virtual_key):
            return None
        least = registry.upstream_class(batch.provider).least_records(credential.options)
        return cls(batch.provider, [Account(credential.prices, least)], at=batch.created_at)

    @property
    def cost(self) -> int:
        return min(total(tally.price for tally in self._tallies.values()).high or 0, MOST)

    def add(self, record: Record, model: str) -> None:
        """Count a record that is to be sent. Raises MalformedRecordError where nobody knows its price."""
        tally = self._tallies.get(model) or self._begin(model)
        tally.add(tokens_of_request(record.content, record.body.subject))

    def _begin(self, model: str) -> Tally:
        tally = Tally(self._provider, model, self._accounts, at=self._at)
        if not tally.is_priced or len(self._tallies) == MOST_MODELS:
            raise MalformedRecordError(
                f"There is a budget, and nobody knows the price of the model '{model[:100]}': name another "
                "model, or ask the operator to set its price on the credential.",
                code=NO_PRICE,
                param="body.model",
            )
        return self._tallies.setdefault(model, tally)


def _budgets(
    workspace: Workspace, key: VirtualKey | None
) -> Iterator[tuple[Workspace | VirtualKey, int]]:
    """Whoever has a budget, and how much it is."""
    for owner in (workspace, key):
        if owner is not None and owner.monthly_budget is not None:
            yield owner, min(int(owner.monthly_budget * DOLLAR), MOST - 1)


def _owners(batch: Batch) -> list[str]:
    """In one order for everybody: two that add to the same rows wait, and lock nobody out."""
    return sorted(filter(None, (batch.workspace_id, batch.virtual_key_id)))


def _used_up(owner: Workspace | VirtualKey, budget: int, month: Month) -> str:
    held = f", and batches at work hold {dollars(month.held)}" if month.held else ""
    return (
        f"{_name(owner)} {dollars(budget)} a month, and {dollars(month.spent)} are spent{held}: wait until a "
        "batch has ended, or ask the operator for a larger budget."
    )


def _too_dear(owner: Workspace | VirtualKey, budget: int, gone: int, cost: int) -> str:
    return (
        f"{_name(owner)} {dollars(budget)} a month, of which {dollars(gone)} are spent or held by batches at "
        f"work, and this batch may cost {dollars(cost)}: make a smaller one, set lower limits of output "
        "tokens, or ask the operator for a larger budget."
    )


def _name(owner: Workspace | VirtualKey) -> str:
    return "This key has" if isinstance(owner, VirtualKey) else "This workspace has"


def _month(at: datetime) -> date:
    return at.astimezone(UTC).date().replace(day=1)
