"""Answers with content. https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse"""

from operator import attrgetter
from typing import Any

from providers.gemini.generate import wire
from providers.gemini.generate.citations import Grounding, parse_citations
from providers.gemini.generate.finish import (
    DEFAULT_BLOCK,
    parse_finish,
    render_block,
    render_finish,
)
from providers.gemini.generate.logprobs import parse_logprobs, render_logprobs
from providers.gemini.generate.media import render_media
from providers.gemini.generate.parts import (
    ALONE as ALONE_IN_PARTS,
)
from providers.gemini.generate.parts import (
    NAME,
    Calls,
    is_plain,
    parse_call,
    parse_media,
    render_call,
    signature_of,
)
from providers.gemini.generate.usage import parse_usage, render_usage
from providers.records import Asked, Losses
from providers.records.chat import (
    ChatAnswer,
    Choice,
    Media,
    Part,
    Refusal,
    Stored,
    Text,
    Thinking,
    ToolCall,
)
from providers.records.rules import Alone, OnlyHere

ALONE = OnlyHere({"create_time": Alone(), "model_status": Alone()})
ALONE_IN_FEEDBACK = OnlyHere(
    {
        "block_reason_message": Alone(),
        "safety_ratings": Alone(),
    }
)
ALONE_IN_CANDIDATES = OnlyHere(
    {
        "safety_ratings": Alone(),
        "url_context_metadata": Alone(),
        "grounding_attributions": Alone(),
        "continuation_token": Alone(),
    }
)
_beside_content = attrgetter(
    *("grounding_metadata", "citation_metadata", "logprobs_result"), *ALONE_IN_CANDIDATES
)
_alone = attrgetter(*ALONE_IN_PARTS)
_NONE_ALONE = (None,) * len(ALONE_IN_PARTS)


def parse_answer(raw: bytes, losses: Losses) -> ChatAnswer:
    response = wire.RESPONSE.read_answer(raw, losses)
    ALONE.leave(response, losses)
    candidates = response.candidates
    if candidates:
        if len(candidates) > 1:
            candidates = sorted(candidates, key=_place)
        choices = _parse_candidates(candidates, response.response_id, losses)
        if response.prompt_feedback is not None:
            ALONE_IN_FEEDBACK.leave(response.prompt_feedback, losses)
    else:
        choices = [_parse_blocked(response.prompt_feedback, losses)]
    usage = response.usage_metadata
    return ChatAnswer(
        choices,
        parse_usage(usage, losses) if usage is not None else None,
        response.response_id,
        response.model_version,
        None,
        _tier(usage),
    )


def _tier(usage: wire.UsageMetadata | None) -> str | None:
    if usage is None or usage.service_tier in (None, "", "unspecified"):
        return None
    tier = usage.service_tier.lower()
    return "default" if tier == "standard" else tier


def _place(candidate: wire.Candidate) -> int:
    return candidate.index or 0


def _parse_blocked(feedback: wire.PromptFeedback | None, losses: Losses) -> Choice:
    if feedback is None or feedback.block_reason is None:
        return Choice([], "error", detail="Gemini answered with no candidate.")
    ALONE_IN_FEEDBACK.leave(feedback, losses)
    reason = feedback.block_reason
    return Choice([], "prompt_blocked", detail=None if reason == DEFAULT_BLOCK else reason)


def _parse_candidates(
    candidates: list[wire.Candidate], answer_id: str | None, losses: Losses
) -> list[Choice]:
    if len(candidates) == 1 and (plain := _parse_plain(candidates[0])):
        return [plain]
    calls = Calls(answer_id or "")
    return [_parse_candidate(candidate, calls, losses) for candidate in candidates]


def _parse_plain(candidate: wire.Candidate) -> Choice | None:
    """A candidate that is one text and nothing else, as most are; None if it is more or less."""
    content = candidate.content
    said = content.parts if content is not None else None
    if not said or len(said) > 1 or any(_beside_content(candidate)):
        return None
    text = said[0].text
    if not text or not is_plain(said[0]):
        return None
    finish, detail = parse_finish(candidate.finish_reason, candidate.finish_message)
    return Choice([Text(text)], finish, None, detail)


def _parse_candidate(candidate: wire.Candidate, calls: Calls, losses: Losses) -> Choice:
    content = candidate.content
    said = content.parts if content is not None and content.parts else []
    finish, detail = parse_finish(candidate.finish_reason, candidate.finish_message)
    parts = [_parse_part(each, calls, losses) for each in said]
    if finish == "stop" and any(type(part) is ToolCall for part in parts):
        finish = "tool_calls"
    logprobs = None
    if any(_beside_content(candidate)):
        ALONE_IN_CANDIDATES.leave(candidate, losses)
        parts = _cited(parts, candidate, losses)
        if candidate.logprobs_result is not None:
            logprobs = parse_logprobs(candidate.logprobs_result, losses)
    return Choice([part for part in parts if part is not None], finish, None, detail, logprobs)


def _cited(
    parts: list[Part | None], candidate: wire.Candidate, losses: Losses
) -> list[Part | None]:
    texts = {number: part.text for number, part in enumerate(parts) if isinstance(part, Text)}
    cited = parse_citations(candidate, texts, losses)
    return [
        Text(texts[number], cited[number]) if number in cited else part
        for number, part in enumerate(parts)
    ]


def _parse_part(part: wire.Part, calls: Calls, losses: Losses) -> Part | None:
    """One part of an answer; None if it says nothing that others can."""
    if part.text is not None:
        parsed = _parse_text(part, part.text, losses)
    elif part.function_call is not None:
        parsed = parse_call(part.function_call, part.thought_signature, calls)
    else:
        parsed = parse_media(part, losses)
        if part.thought and parsed is not None:  # a picture on the way to the one that counts
            losses.drop("answer.thinking")
            parsed = None
        elif part.thought_signature is not None:
            losses.drop("answer.signature")
    if _alone(part) != _NONE_ALONE:
        for name in ALONE_IN_PARTS:
            if getattr(part, name) is not None:
                losses.drop(f"answer.{name}")
    return parsed


def _parse_text(part: wire.Part, text: str, losses: Losses) -> Part | None:
    if part.thought:
        return Thinking(text, signature_of(part.thought_signature))
    if part.thought_signature is not None:
        losses.drop("answer.signature")  # of a text, which others do not sign
    return Text(text)


def render_answer(answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
    response: dict[str, Any] = {}
    choices = answer.choices
    if len(choices) == 1 and choices[0].finish == "prompt_blocked" and not choices[0].parts:
        response["promptFeedback"] = render_block(choices[0], losses)
    else:
        response["candidates"] = [
            _candidate(choice, index, losses) for index, choice in enumerate(choices)
        ]
    if answer.usage is not None:
        response["usageMetadata"] = render_usage(answer.usage, losses)
    if answer.model is not None:
        response["modelVersion"] = answer.model
    if answer.id is not None:
        response["responseId"] = answer.id
    if answer.created is not None:
        losses.drop("answer.created")
    if answer.service_tier is not None:
        losses.drop("answer.service_tier")
    return response


def _candidate(choice: Choice, index: int, losses: Losses) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    grounding = Grounding()
    for part in choice.parts:
        rendered = _part(part, losses)
        if rendered is None:
            continue
        if isinstance(part, Text) and part.citations:
            grounding.add(len(parts), part, losses)
        parts.append(rendered)
    content: dict[str, Any] = {"parts": parts, "role": "model"} if parts else {"role": "model"}
    candidate = {"content": content, **render_finish(choice, losses), "index": index}
    if choice.logprobs is not None:
        render_logprobs(candidate, choice.logprobs)
    metadata = grounding.metadata()
    if metadata is not None:
        candidate["groundingMetadata"] = metadata
    return candidate


def _part(part: Part, losses: Losses) -> dict[str, Any] | None:
    match part:
        case Text(text=text) | Refusal(text=text):
            return {"text": text}
        case ToolCall(signature=signature):
            if signature is not None and signature.by != NAME:
                losses.drop("answer.signature")
            return render_call(part)
        case Thinking():
            return _thinking(part, losses)
        case Media() if not isinstance(part.source, Stored):
            return render_media(part, losses, resolution=False)
        case _:
            losses.drop("answer.media")
            return None


def _thinking(part: Thinking, losses: Losses) -> dict[str, Any] | None:
    if part.redacted:
        losses.drop("answer.redacted_thinking")
        return None
    thought: dict[str, Any] = {"text": part.text, "thought": True}
    if part.signature is not None:
        if part.signature.by == NAME:
            thought["thoughtSignature"] = part.signature.value
        else:
            losses.drop("answer.signature")
    return thought
