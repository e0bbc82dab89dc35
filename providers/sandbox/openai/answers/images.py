"""Images: https://platform.openai.com/docs/api-reference/images"""

import struct
import zlib
from base64 import b64encode
from typing import Any

from providers.sandbox import words
from providers.sandbox.directives import Directives

_URL_MODELS = frozenset({"dall-e-2", "dall-e-3"})
_PIXEL_TOKENS = 272


def answer(body: dict[str, Any], _: Directives, digest: str) -> dict[str, Any]:
    count = body.get("n") or 1
    read = max(1, words.tokens(len(body["prompt"])))
    written = _PIXEL_TOKENS * count
    return {
        "created": words.CREATED,
        "data": [_image(body, digest, index) for index in range(count)],
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"text_tokens": read, "image_tokens": 0},
            "output_tokens": written,
            "total_tokens": read + written,
        },
    }


def _image(body: dict[str, Any], digest: str, index: int) -> dict[str, Any]:
    usual = "url" if body.get("model") in _URL_MODELS else "b64_json"
    if (body.get("response_format") or usual) == "url":
        return {"url": f"https://sandbox.invalid/images/{digest}-{index}.png"}
    return {"b64_json": b64encode(_png(digest, index)).decode()}


def _png(digest: str, index: int) -> bytes:
    """One pixel, in a colour that depends on the record."""
    red, green, blue = bytes.fromhex(digest[:6])
    pixel = bytes([0, red, green, (blue + index) % 256])
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixel)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
