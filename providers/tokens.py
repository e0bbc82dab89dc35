"""How many tokens a request will take, guessed before it is sent, whatever its dialect."""

from typing import Any, NamedTuple

import msgspec

from providers.prices import Tokens
from providers.records import MalformedRecordError, Subject

# A token of English is four bytes or so; of what tokenizers know badly, hardly more than two.
LIKELY_BYTES = 4
LEAST_BYTES = 2
# What a message or a tool takes beside its text.
FRAME_TOKENS = 8
# A picture or a page; a file of pages or of sound may take far more, which its bytes do not tell.
MEDIUM_TOKENS = 1_600
# Of a request that sets no limit to its answer.
DEFAULT_OUTPUT = 4_096

# Where strings are bytes of a medium, or no text at all.
MEDIA = frozenset({"data", "bytes", "file_data", "image_url", "url", "uri", "fileUri", "file_uri"})
LIMITS = frozenset(
    {
        "max_completion_tokens",
        "max_output_tokens",
        "max_tokens",
        "max_gen_len",
        "maxOutputTokens",
        "maxTokenCount",
        "maxTokens",
    }
)
# Objects of a request that may hold its limit.
SETTINGS = (
    "generationConfig",
    "generation_config",
    "inferenceConfig",
    "textGenerationConfig",
)
CHOICES = frozenset({"n", "candidateCount", "candidate_count"})


class RequestTokens(NamedTuple):
    """`input` is likely, `most_input` an upper bound for all but odd texts. `output` is the limit that the
    request sets, of all answers it asks for; None where it sets none."""

    input: int
    most_input: int
    output: int | None

    @property
    def most(self) -> Tokens:
        """What it may take in the worst case; without a limit its answer counts as DEFAULT_OUTPUT."""
        return Tokens(self.most_input, 0, DEFAULT_OUTPUT if self.output is None else self.output)


def tokens_of_request(body: bytes, subject: Subject | None = "chat") -> RequestTokens:
    """Guess the tokens of one request from its body, in the words of any dialect.

    Nothing is tokenized. The bytes in UTF-8 of all texts of the body, the names of its fields not among
    them, are divided by four for what is likely and by two for the most; each object of the body's lists (a
    message, a part, a tool) adds 8 tokens; each picture, document or sound 1,600, however large it is. The
    output is the limit that the body sets, times the answers it asks for. Embeddings have none.

    Raises MalformedRecordError if the body is not JSON.
    """
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedRecordError(
            f"The body is not JSON: {error}", code="invalid_json", param="body"
        ) from None
    texts, media, frames = _measure(content)
    other = media * MEDIUM_TOKENS + frames * FRAME_TOKENS
    output = 0 if subject == "embeddings" else _output(content)
    return RequestTokens(
        -(-texts // LIKELY_BYTES) + other, -(-texts // LEAST_BYTES) + other, output
    )


def _measure(content: Any) -> tuple[int, int, int]:
    """Bytes of text, media, and objects in lists. Its client says how deep a body is: no recursion."""
    texts = media = frames = 0
    left = [("", content)]
    while left:
        name, value = left.pop()
        if isinstance(value, str):
            if name in MEDIA or value.startswith("data:"):
                media += 1
            else:
                texts += len(value.encode(errors="replace"))
        elif isinstance(value, dict):
            left.extend(value.items())
        elif isinstance(value, list):
            frames += sum(isinstance(one, dict) for one in value)
            left.extend((name, one) for one in value)
    return texts, media, frames


def _output(content: Any) -> int | None:
    if not isinstance(content, dict):
        return None
    settings = [content, *(content.get(name) for name in SETTINGS)]
    found = [one for one in settings if isinstance(one, dict)]
    limits = [_whole(one[name]) for one in found for name in LIMITS if name in one]
    choices = [_whole(one[name]) for one in found for name in CHOICES if name in one]
    limit = max(filter(None, limits), default=None)
    return limit and limit * max(filter(None, choices), default=1)


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 < value < 10**9 else 0
