"""Whose words a model speaks, by its id.

https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html
"""

import re
from functools import lru_cache

_GEOGRAPHY = re.compile(r"(?:us|eu|apac|global|jp|au|ca|sa|me|af|us-gov)\.(?=[a-z0-9]+\.)")
# The first that fits. Those without a family are played by Converse only.
_FAMILIES: tuple[tuple[str, str], ...] = (
    ("anthropic.claude", "claude"),
    ("amazon.nova", "nova"),
    ("amazon.titan-embed-text", "titan"),
    ("openai.gpt-oss", "gpt_oss"),
    ("mistral.mistral-7b", "mistral"),
    ("mistral.mixtral", "mistral"),
    ("mistral.mistral-large-2402", "mistral"),
    ("mistral.mistral-small-2402", "mistral"),
    ("mistral.", "mistral_chat"),
    ("meta.llama", "llama"),
    ("cohere.embed", "cohere"),
    ("cohere.", ""),
    ("amazon.", ""),
    ("ai21.", ""),
    ("deepseek.", ""),
    ("google.", ""),
    ("minimax.", ""),
    ("moonshot.", ""),
    ("nvidia.", ""),
    ("qwen.", ""),
    ("writer.", ""),
)


@lru_cache(maxsize=256)
def family_of(model: str) -> str | None:
    """None for a model that is not there."""
    name = plain(model)
    return next((family for prefix, family in _FAMILIES if name.startswith(prefix)), None)


def plain(model: str) -> str:
    """The id of a model without what says where it runs."""
    return _GEOGRAPHY.sub("", model.rpartition("/")[2], count=1)
