"""How many tokens a request will take, guessed before it is sent, whatever its dialect."""

import re
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
# No model says more, and no vendor gives more answers to one request: what asks for more is refused there.
MOST_OUTPUT, MOST_CHOICES = 10**7, 10**3

# Where strings are bytes of a medium, or say where one is.
MEDIA = frozenset(
    {
        *("data", "bytes", "file_data", "image_url", "url", "uri", "fileUri", "file_uri"),
        *("file_id", "inputImage"),
    }
)
DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+[;,]")
# Beside a document of plain text: https://platform.claude.com/docs/en/build-with-claude/citations
TEXT_TYPES = {"media_type": "text/", "mimeType": "text/", "mime_type": "text/", "type": "text"}
# Where numbers are tokens.
COUNTED = frozenset({"input", "prompt"})
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
CHOICES = frozenset({"n", "best_of", "candidateCount", "candidate_count"})


# Of more values than that, which take fifty times the memory of their bytes, none is looked at by itself.
MOST_VALUES = 250_000
LONGEST_LIMITS = 10_000
# A request without all that may be long.
_Limits = msgspec.defstruct(
    "_Limits",
    [
        (name, msgspec.Raw, msgspec.Raw(b"null"))
        for name in (*sorted(LIMITS), *sorted(CHOICES), *SETTINGS)
    ],
    gc=False,
)


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
    them, are divided by four for what is likely and by two for the most; what came as tokens counts as them;
    each object of the body's lists (a message, a part, a tool) adds 8 tokens; each picture, document or sound
    1,600, however large it is, unless it is plain text. The output is the limit that the body sets, times the
    answers it asks for. Embeddings have none. A body of very many values counts as if it were all text.

    Raises MalformedRecordError if the body is not JSON.
    """
    many = body.count(b",") > MOST_VALUES
    try:
        content = _limits_of(body) if many else msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedRecordError(
            f"The body is not JSON: {error}", code="invalid_json", param="body"
        ) from None
    texts, other = (len(body), 0) if many else _measure(content)
    output = 0 if subject == "embeddings" else _output(content)
    return RequestTokens(
        -(-texts // LIKELY_BYTES) + other, -(-texts // LEAST_BYTES) + other, output
    )


def _limits_of(body: bytes) -> dict[str, Any]:
    said = msgspec.structs.asdict(msgspec.json.decode(body, type=_Limits))
    short = {name: raw for name, raw in said.items() if len(raw) <= LONGEST_LIMITS}
    return {name: msgspec.json.decode(raw) for name, raw in short.items()}


def _measure(content: Any) -> tuple[int, int]:
    """Bytes of text, and the tokens of all else. Its client says how deep a body is: no recursion."""
    texts = other = 0
    left = [("", content)]
    while left:
        name, value = left.pop()
        if isinstance(value, str):
            if name in MEDIA or DATA_URL.match(value):
                other += MEDIUM_TOKENS
            else:
                texts += len(value.encode(errors="replace"))
        elif isinstance(value, dict):
            is_text = "data" in value and _says_text(value)
            left.extend(("" if is_text else key, one) for key, one in value.items())
        elif isinstance(value, list):
            other += FRAME_TOKENS * sum(isinstance(one, dict) for one in value)
            left.extend((name, one) for one in value)
        elif name in COUNTED:
            other += 1
    return texts, other


def _says_text(medium: dict[str, Any]) -> bool:
    return any(str(medium.get(name)).startswith(kind) for name, kind in TEXT_TYPES.items())


def _output(content: Any) -> int | None:
    if not isinstance(content, dict):
        return None
    settings = [content, *(content.get(name) for name in SETTINGS)]
    found = [one for one in settings if isinstance(one, dict)]
    limits = [_whole(one[name], MOST_OUTPUT) for one in found for name in LIMITS if name in one]
    choices = [_whole(one[name], MOST_CHOICES) for one in found for name in CHOICES if name in one]
    limit = max(filter(None, limits), default=None)
    return limit and limit * max(filter(None, choices), default=1) * _prompts(content)


def _prompts(content: dict[str, Any]) -> int:
    """Completions may ask for several answers by several prompts."""
    prompt = content.get("prompt")
    several = isinstance(prompt, list) and any(isinstance(one, str | list) for one in prompt)
    return len(prompt) if isinstance(prompt, list) and several else 1


def _whole(value: object, most: int) -> int:
    return int(min(value, most)) if isinstance(value, int | float) and value > 0 else 0
