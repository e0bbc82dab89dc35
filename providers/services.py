"""The accounts that the environment names, as credentials."""

from django.conf import settings

from providers.models import Credential, Workspace

FROM_ENVIRONMENT = "environment"
SANDBOX = "sandbox"


def default_workspace() -> Workspace:
    return Workspace.objects.get_or_create(name=Workspace.DEFAULT)[0]


def prepare_credentials() -> list[tuple[str, str]]:
    """Bring the credentials in line with the environment; returns each provider with real or sandbox.

    Jobs stay with the credential that made them, so one that is no longer wanted is only disabled.
    """
    default_workspace()
    accounts = {"openai": (settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL)}
    return [(provider, _prepare(provider, *account)) for provider, account in accounts.items()]


def _prepare(provider: str, key: str, base_url: str) -> str:
    real = bool(key) and not settings.SANDBOX
    _keep(provider, FROM_ENVIRONMENT, key, base_url, wanted=real)
    sandbox_url = f"{settings.SANDBOX_URL}/{provider}/v1" if settings.SANDBOX_URL else ""
    stands_in = bool(sandbox_url) and not real
    _keep(provider, SANDBOX, "sandbox", sandbox_url, wanted=stands_in)
    return "real" if real else SANDBOX if stands_in else "missing"


def _keep(provider: str, name: str, key: str, base_url: str, *, wanted: bool) -> None:
    shared = Credential.objects.filter(workspace=None, provider=provider, name=name)
    if not wanted:
        shared.update(enabled=False)
        return
    credential = shared.first() or Credential(provider=provider, name=name)
    credential.secret = key
    credential.base_url = base_url
    credential.enabled = True
    credential.sandbox = name == SANDBOX
    credential.save()
