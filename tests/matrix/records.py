"""Questions in the words of each dialect."""

import json

from tests.matrix.surface import Surface

RECORDS = {
    "openai": lambda name, question, model: {
        "custom_id": name,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": model, "messages": [{"role": "user", "content": question}]},
    },
    "anthropic": lambda name, question, model: {
        "custom_id": name,
        "params": {
            "model": model,
            "max_tokens": 100,
            "messages": [{"role": "user", "content": question}],
        },
    },
    "gemini": lambda name, question, model: {
        "key": name,
        "request": {"contents": [{"role": "user", "parts": [{"text": question}]}]},
    },
    "bedrock": lambda name, question, model: {
        "recordId": name,
        "modelInput": {"messages": [{"role": "user", "content": [{"text": question}]}]},
    },
}


def lines(cell: Surface, *questions: str) -> bytes:
    """Records in the dialect of the SDK's own vendor, their ids a, b, c …"""
    records = [
        RECORDS[cell.dialect](chr(ord("a") + number), question, cell.model)
        for number, question in enumerate(questions)
    ]
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)
