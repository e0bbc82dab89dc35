"""Accounts of all vendors. Every key opens one; keys are neither kept nor logged.

The account is named by what comes before the first dot, so that `sk-team.2025` and `sk-team.2026`
are two keys of one account.
"""

from hashlib import sha256

REFUSED_KEY = "sandbox-invalid"


def is_refused(key: str) -> bool:
    return key.startswith(REFUSED_KEY)


def account_of(key: str) -> str:
    return sha256(key.partition(".")[0].encode()).hexdigest()[:16]
