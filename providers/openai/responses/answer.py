"""Answers as a whole response of the Responses API.

https://platform.openai.com/docs/api-reference/responses/object
"""

from typing import Any

from providers.openai.citations import render_citation, sayable
from providers.openai.responses.echo import echo
from providers.openai.responses.items import BY
from providers.records import Asked, Losses, values
from providers.records.chat import (
    ChatAnswer,
    Choice,
    Finish,
    Media,
    Part,
    Refusal,
    Signature,
    Text,
    Thinking,
    TokenChance,
    TokenChoice,
    ToolCall,
    Usage,
)

Rendered = dict[str, Any]

# Where each part of an answer stands.
ANSWER_WORDS: dict[str, str] = {
    "answer.text": "output[].content[].text",
    "answer.thinking": "output[].summary[].text",
    "answer.signature": "output[].encrypted_content",
    "answer.redacted_thinking": "output[].encrypted_content",
    "answer.tool_call": "output[].function_call",
    "answer.refusal": "output[].content[].refusal",
    "answer.citations": "output[].content[].annotations",
    "answer.logprobs": "output[].content[].logprobs",
    "answer.finish": "incomplete_details.reason",
    "answer.usage": "usage",
    "answer.id": "id",
    "answer.model": "model",
    "answer.created": "created_at",
    "answer.service_tier": "service_tier",
    "usage.cached": "usage.input_tokens_details.cached_tokens",
    "usage.cache_written": "usage.input_tokens_details.cache_write_tokens",
    "usage.reasoning": "usage.output_tokens_details.reasoning_tokens",
}

# Why a response is incomplete; "" if it is complete. What is not here cannot be said.
REASONS: dict[Finish | None, str] = {
    None: "",
    "stop": "",
    "stop_sequence": "",
    "tool_calls": "",
    "refusal": "",
    "length": "max_output_tokens",
    "context_length": "max_output_tokens",
    "content_filter": "content_filter",
    "prompt_blocked": "content_filter",
}
TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast", "ultrafast"})


def render(answer: ChatAnswer, asked: Asked, losses: Losses) -> Rendered:
    """Raises UnsupportedFeatureError for an answer that stopped in a way that the API has no word for."""
    choice = answer.choices[0] if answer.choices else Choice([], None)
    if len(answer.choices) > 1:
        losses.drop("answer.candidates")
    reason = _reason(choice, losses)
    name = _bare(answer.id or asked.id)
    output = _Output(name, losses)
    for part in choice.parts:
        output.add(part)
    output.finish(choice.logprobs, is_complete=not reason)
    created = asked.created if answer.created is None else answer.created
    return {
        "id": f"resp_{name}",
        "object": "response",
        "created_at": created,
        "status": "incomplete" if reason else "completed",
        "background": False,
        "completed_at": None if reason else created,
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "model": answer.model or asked.model,
        "output": output.items,
        "previous_response_id": None,
        "service_tier": _tier(answer.service_tier, losses),
        "usage": _usage(answer.usage) if answer.usage else None,
        **echo(asked.body),
    }


def _bare(name: str) -> str:
    return name.removeprefix("resp_")


def _reason(choice: Choice, losses: Losses) -> str:
    if choice.stop_sequence is not None:
        losses.drop("answer.stop_sequence")
    if choice.detail is not None:
        losses.drop("answer.detail")
    reason = REASONS.get(choice.finish)
    if reason is None:
        ended = f"{choice.finish} ({choice.detail})" if choice.detail else choice.finish
        losses.refuse("answer.finish", f"a response cannot say that it ended as {ended}.")
    if choice.finish == "refusal" and not any(isinstance(part, Refusal) for part in choice.parts):
        return "content_filter"
    return reason


def _tier(tier: str | None, losses: Losses) -> str | None:
    if tier is not None and tier not in TIERS:
        losses.drop("answer.service_tier")
        return None
    return tier


def _usage(usage: Usage) -> Rendered:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {
            "cached_tokens": usage.cached or 0,
            "cache_write_tokens": usage.cache_written or 0,
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": usage.input + usage.output,
    }


class _Output:
    """Output items, as they grow: text and refusals that follow one another are one message."""

    def __init__(self, name: str, losses: Losses) -> None:
        self.items: list[Rendered] = []
        self._name = name
        self._losses = losses
        self._first_text: Rendered | None = None

    def add(self, part: Part) -> None:
        match part:
            case Text():
                self._add_text(part)
            case Thinking():
                self._add_thinking(part)
            case ToolCall():
                self._add_call(part)
            case Refusal():
                self._message()["content"].append({"type": "refusal", "refusal": part.text})
            case Media():
                self._losses.drop("answer.media")
            case _:
                self._losses.drop("answer.other")

    def finish(self, logprobs: list[TokenChoice] | None, *, is_complete: bool) -> None:
        """All logarithms are told with the first text, for they do not say which text they are of."""
        if logprobs is not None and self._first_text is None:
            self._losses.drop("answer.logprobs")
        elif logprobs is not None and self._first_text is not None:
            self._first_text["logprobs"] = [_token(each) for each in logprobs]
        if not is_complete and self.items and "status" in self.items[-1]:
            self.items[-1]["status"] = "incomplete"

    def _add_text(self, part: Text) -> None:
        annotations = [
            {"type": "url_citation", **render_citation(each, part.text)}
            for each in sayable(part.citations, self._losses)
        ]
        text = {
            "type": "output_text",
            "annotations": annotations,
            "logprobs": [],
            "text": part.text,
        }
        self._message()["content"].append(text)
        self._first_text = self._first_text or text

    def _add_thinking(self, part: Thinking) -> None:
        cipher = self._own(part.signature, lost=_SEAL[part.redacted])
        if not part.text and not cipher:
            return
        item = self._add("reasoning", "rs", summary=_summary(part.text))
        if cipher:
            item["encrypted_content"] = cipher

    def _add_call(self, part: ToolCall) -> None:
        self._own(part.signature, lost="answer.signature")
        self._add(
            "function_call",
            "fc",
            status="completed",
            arguments=values.text_of(part.arguments),
            call_id=part.id,
            name=part.name,
        )

    def _own(self, signature: Signature | None, *, lost: str) -> str | None:
        if signature is None or signature.by == BY:
            return signature.value if signature else None
        self._losses.drop(lost)
        return None

    def _message(self) -> Rendered:
        if self.items and self.items[-1]["type"] == "message":
            return self.items[-1]
        return self._add("message", "msg", status="completed", role="assistant", content=[])

    def _add(self, kind: str, prefix: str, **fields: Any) -> Rendered:
        item = {"id": f"{prefix}_{self._name}_{len(self.items)}", "type": kind, **fields}
        self.items.append(item)
        return item


_SEAL = {False: "answer.signature", True: "answer.redacted_thinking"}


def _summary(text: str) -> list[Rendered]:
    return [{"type": "summary_text", "text": text}] if text else []


def _token(choice: TokenChoice) -> Rendered:
    return {**_chance(choice), "top_logprobs": [_chance(each) for each in choice.top]}


def _chance(chance: TokenChoice | TokenChance) -> Rendered:
    token = chance.token
    return {"token": token, "logprob": chance.logprob, "bytes": list(token.encode())}
