"""The accounts that the environment names, as credentials, and which provider a batch goes to."""

from dataclasses import dataclass, field

from django.conf import settings

from providers.models import Credential, Provider, Workspace
from providers.registry import UPSTREAMS

FROM_ENVIRONMENT = "environment"
SANDBOX = "sandbox"
# As each vendor's SDK wants its base URL: OpenAI's with the version, the others' without.
SANDBOX_PATHS = {
    "openai": "/openai/v1",
    "anthropic": "/anthropic",
    "gemini": "/gemini",
    "bedrock": "",
}
SANDBOX_OPTIONS: dict[str, dict[str, str]] = {
    "bedrock": {
        "access_key_id": "sandbox",
        "bucket": "bifrost",
        "role_arn": "arn:aws:iam::000000000000:role/sandbox",
    },
}

# How the names begin that vendors give to their models.
# https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html
MODEL_NAMES: dict[str, tuple[str, ...]] = {
    "openai": ("gpt-", "chatgpt-", "o1", "o3", "o4", "text-embedding-", "omni-moderation-", "ft:"),
    "anthropic": ("claude-",),
    "gemini": ("gemini-", "gemma-", "models/", "tunedModels/"),
    "bedrock": (
        *("ai21.", "amazon.", "anthropic.", "cohere.", "deepseek.", "meta.", "mistral.", "openai."),
        *("us.", "eu.", "apac.", "global.", "arn:"),
    ),
}


def provider_for(workspace: Workspace, *, model: str, dialect: str, own_key: bool = False) -> str:
    """The provider of a batch for which the client named none.

    The one whose models have such names, else the one whose lines they are, if the workspace has a
    credential for it or the client a key of its own, and OpenAI otherwise.
    """
    named = (name for name, beginnings in MODEL_NAMES.items() if model.startswith(beginnings))
    for provider in (*named, dialect):
        if provider == Provider.OPENAI:
            break
        usable = Credential.objects.usable(workspace=workspace, provider=provider)
        if provider in UPSTREAMS and (own_key or usable.exists()):
            return provider
    return Provider.OPENAI.value


def default_workspace() -> Workspace:
    return Workspace.objects.get_or_create(name=Workspace.DEFAULT)[0]


def prepare_credentials() -> list[tuple[str, str]]:
    """Bring the credentials in line with the environment; returns each provider with real or sandbox.

    Jobs stay with the credential that made them, so one that is no longer wanted is only disabled.
    """
    default_workspace()
    return [(account.provider, _prepare(account)) for account in _named()]


class OwnKeyRefusedError(Exception):
    """The provider cannot be asked with a client's own key. The message says why."""


def direct_credential(workspace: Workspace, provider: str, *, secret: str, name: str) -> Credential:
    """Keep a client's own key, for one batch, which `name` tells. Raises OwnKeyRefusedError.

    It is sent where the environment has the provider, be that a sandbox.
    """
    if provider == Provider.BEDROCK:
        raise OwnKeyRefusedError(
            "Amazon Bedrock cannot be asked with a key of your own, since no AWS client sends its secret: "
            "send your Bifrost key alone."
        )
    shared = Credential.objects.filter(workspace=None, provider=provider, enabled=True)
    known = shared.filter(name__in=(FROM_ENVIRONMENT, SANDBOX)).first()
    usual = next(account.base_url for account in _named() if account.provider == provider)
    credential = Credential(
        workspace=workspace,
        provider=provider,
        name=name,
        base_url=known.base_url if known else usual,
        enabled=False,
        direct=True,
        sandbox=bool(known and known.sandbox),
    )
    credential.secret = secret
    credential.save(force_insert=True)
    return credential


@dataclass(frozen=True)
class _Named:
    """The account at a provider that the environment names. It is whole only with `key`."""

    provider: str
    key: str
    secret: str
    base_url: str = ""
    options: dict[str, str] = field(default_factory=dict)


def _named() -> list[_Named]:
    openai, anthropic = settings.OPENAI_API_KEY, settings.ANTHROPIC_API_KEY
    gemini, bucket = settings.GEMINI_API_KEY, settings.BEDROCK_S3_BUCKET
    # AWS's own names for keys, region and profile are boto3's to read.
    options = {"bucket": bucket, "role_arn": settings.BEDROCK_ROLE_ARN}
    return [
        _Named("openai", openai, openai, settings.OPENAI_BASE_URL),
        _Named("anthropic", anthropic, anthropic, settings.ANTHROPIC_BASE_URL),
        _Named("gemini", gemini, gemini, settings.GOOGLE_GEMINI_BASE_URL),
        _Named("bedrock", bucket, "", options=options),
    ]


def _prepare(account: _Named) -> str:
    real = bool(account.key) and not settings.SANDBOX
    _keep(account, FROM_ENVIRONMENT, wanted=real)
    stands_in = bool(settings.SANDBOX_URL) and not real
    sandbox = _Named(
        account.provider,
        SANDBOX,
        SANDBOX,
        f"{settings.SANDBOX_URL}{SANDBOX_PATHS[account.provider]}",
        SANDBOX_OPTIONS.get(account.provider, {}),
    )
    _keep(sandbox, SANDBOX, wanted=stands_in)
    return "real" if real else SANDBOX if stands_in else "missing"


def _keep(account: _Named, name: str, *, wanted: bool) -> None:
    shared = Credential.objects.filter(workspace=None, provider=account.provider, name=name)
    if not wanted:
        shared.update(enabled=False)
        return
    credential = shared.first() or Credential(provider=account.provider, name=name)
    credential.secret = account.secret
    credential.base_url = account.base_url
    credential.options = account.options
    credential.enabled = True
    credential.sandbox = name == SANDBOX
    credential.save()
