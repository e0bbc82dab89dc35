"""Files that a record names instead of carrying them."""

import re

from providers.records.errors import UnsupportedFeatureError

# As OpenAI's, Anthropic's and Gemini's bodies name a file, and as Bifrost's own ids are: vendors' are longer,
# and Google's have another address. In a text the quotes would have a backslash.
_OURS = re.compile(
    rb'"(file_id|file_uri|fileUri)"\s*:\s*'
    rb'"(file[-_][0-9a-z]{12}|[^"\\]*/genai/[^"\\]*files/[0-9a-z-]+)"'
)


def refuse_our_files(content: bytes) -> None:
    """Raises UnsupportedFeatureError for a body that names a file at Bifrost, which no provider can read."""
    if b'"file' not in content:
        return
    if found := _OURS.search(content):
        field, name = (part.decode(errors="replace") for part in found.groups())
        raise UnsupportedFeatureError(
            f"'{field}' names {name[:100]}, which lies at Bifrost and not at the provider: put the file's "
            "bytes into the request, as base64.",
            param=field,
        )
