"""Whether what a workspace and its key may spend and send suffices for a batch, asked before it is made."""

from collections.abc import Sequence

from batches.services import budgets, quota
from batches.services.budgets import BudgetExceededError, Reserve
from batches.services.quota import OverLimitError
from batches.services.tally import Account
from providers.models import LimitExceededError, VirtualKey, Workspace
from providers.records import MalformedRecordError, Record


class Allowance:
    """Counts records as a plan does. Nothing is held for them: what is left now may be gone later.

    Nobody knows which of the accounts a batch goes to, so that it counts as sent to the dearest.
    """

    def __init__(
        self,
        provider: str,
        accounts: Sequence[Account],
        workspace: Workspace,
        key: VirtualKey | None,
    ) -> None:
        self._owners = workspace, key
        limited = budgets.limited(workspace, key)
        self._reserve = Reserve(provider, accounts) if limited else None
        self._unknown = ""

    def count(self, record: Record, model: str) -> None:
        if self._reserve and not self._unknown:
            try:
                self._reserve.add(record, model)
            except MalformedRecordError as error:
                self._unknown = error.message

    def refusal(self, *, records: int, size: int) -> str:
        """Why a batch of them would be refused now; empty if it would not."""
        workspace, key = self._owners
        try:
            if key:
                quota.check_now(key, records=records, size=size)
            budgets.check(workspace, key)
            if self._reserve and not self._unknown:
                budgets.check_left(workspace, key, self._reserve.cost)
        except (LimitExceededError, OverLimitError, BudgetExceededError) as error:
            return str(error)
        return self._unknown
