"""Which providers there are, and how to talk to each."""

from django.utils.module_loading import import_string

from providers.base import Account, Upstream
from providers.measured import measured

UPSTREAMS: dict[str, str] = {
    "openai": "providers.openai.upstream.OpenAIUpstream",
    "anthropic": "providers.anthropic.upstream.AnthropicUpstream",
    "gemini": "providers.gemini.upstream.GeminiUpstream",
    "bedrock": "providers.bedrock.upstream.BedrockUpstream",
}


def upstream_class(provider: str) -> type[Upstream]:
    """Raises KeyError for a provider that Bifrost cannot reach."""
    found: type[Upstream] = import_string(UPSTREAMS[provider])
    return found


def upstream(provider: str, account: Account) -> Upstream:
    """Its calls are counted."""
    return measured(provider, account, upstream_class(provider)(account))
