"""Families of models: which vendor's words a model of Bedrock speaks, by its id.

Ids: https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html
Prefixes of inference profiles: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
Batches: https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-supported.html
"""

from functools import lru_cache
from typing import Literal

Family = Literal[
    "claude", "nova", "gpt_oss", "mistral_chat", "mistral", "llama", "titan", "cohere", "none", ""
]
"""The family of a model's native body. "none" has no body that Bifrost speaks, "" is unknown."""

GEOGRAPHIES = frozenset(
    {"us", "eu", "apac", "global", "jp", "au", "ca", "sa", "me", "af", "us-gov"}
)
# The first that fits. What is not here is taken to speak Converse.
FAMILIES: tuple[tuple[str, Family], ...] = (
    ("anthropic.claude", "claude"),
    ("amazon.nova-canvas", "none"),
    ("amazon.nova-reel", "none"),
    ("amazon.nova-sonic", "none"),
    ("amazon.nova-2-sonic", "none"),
    ("amazon.nova-2-multimodal-embeddings", "none"),
    ("amazon.nova", "nova"),
    ("openai.gpt-oss", "gpt_oss"),
    ("mistral.mistral-7b", "mistral"),
    ("mistral.mixtral", "mistral"),
    ("mistral.mistral-large-2402", "mistral"),
    ("mistral.mistral-small-2402", "mistral"),
    ("mistral.", "mistral_chat"),
    ("meta.llama", "llama"),
    ("amazon.titan-embed-text", "titan"),
    ("amazon.titan-embed", "none"),
    ("amazon.titan-image", "none"),
    ("cohere.embed", "cohere"),
)
# https://docs.aws.amazon.com/nova/latest/nova2-userguide/request-response-schema.html
REASONING = "amazon.nova-2"


@lru_cache(maxsize=256)
def family_of(model: str) -> Family:
    """The family of a model id, an inference profile or an ARN of either."""
    name = _plain(model)
    return next((family for prefix, family in FAMILIES if name.startswith(prefix)), "")


@lru_cache(maxsize=256)
def reasons(model: str) -> bool:
    """Whether it is a Nova that can reason."""
    return _plain(model).startswith(REASONING)


def is_later_titan(model: str) -> bool:
    """Whether it is a Titan that takes settings: the first one takes nothing but a text."""
    return not _plain(model).startswith(("amazon.titan-embed-text-v1", "amazon.titan-embed-g1"))


def _plain(model: str) -> str:
    name = model.rpartition("/")[2]
    geography, dot, rest = name.partition(".")
    return rest if dot and geography in GEOGRAPHIES else name
