"""Videos: https://platform.openai.com/docs/api-reference/videos/object"""

from typing import Any

from providers.sandbox import words
from providers.sandbox.directives import Directives


def answer(body: dict[str, Any], _: Directives, digest: str) -> dict[str, Any]:
    return {
        "id": f"video_{digest}",
        "object": "video",
        "created_at": words.CREATED,
        "completed_at": words.CREATED,
        "expires_at": words.CREATED + 86_400,
        "status": "completed",
        "progress": 100,
        "model": body.get("model") or "sora-2",
        "prompt": body["prompt"],
        "seconds": body.get("seconds") or "4",
        "size": body.get("size") or "720x1280",
        "error": None,
        "remixed_from_video_id": None,
    }
