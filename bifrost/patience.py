"""How long a job may stand still, by provider and model: what BIFROST_STUCK_HOURS_BY says."""

from django.core.exceptions import ImproperlyConfigured

from bifrost.env import Environment

PROVIDERS = ("openai", "anthropic", "bedrock", "gemini")
LONGEST_HOURS = 24 * 365


def patience(env: Environment, name: str, default: str) -> dict[tuple[str, str], float]:
    """Hours by provider and pattern of a model, `*` where none is named; the longest patterns first.

    Raises ImproperlyConfigured.
    """
    found: dict[tuple[str, str], float] = {}
    for rule in env.words(name, default):
        where, is_set, hours = rule.rpartition("=")
        provider, has_model, model = where.strip().partition("/")
        model = model.strip()
        wrong = (
            _wrong(provider.strip(), hours.strip()) if is_set else "has no = with hours behind it"
        )
        if has_model and not model:
            wrong = "names no model behind its slash"
        if wrong:
            raise ImproperlyConfigured(
                f"{name} holds {rule!r}, which {wrong}: write bedrock=48, openai/gpt-5*=12."
            )
        found[provider.strip(), model or "*"] = float(hours)
    return dict(sorted(found.items(), key=lambda rule: -len(rule[0][1])))


def _wrong(provider: str, hours: str) -> str:
    if provider not in PROVIDERS:
        return f"names none of {', '.join(PROVIDERS)}"
    try:
        number = float(hours)
    except ValueError:
        return "gives no number of hours"
    return "" if 0 < number <= LONGEST_HOURS else f"is not between 0 and {LONGEST_HOURS} hours"
