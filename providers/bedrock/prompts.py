"""Bodies that are one prompt: what Llama's and Mistral's have in common.

Template of instructions: https://docs.mistral.ai/cookbooks/concept-deep-dive-tokenization-chat_templates
"""

from providers.records import Losses
from providers.records.chat import (
    CachePoint,
    ChatAnswer,
    Choice,
    Finish,
    Media,
    Message,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)

System = list[Text | CachePoint]
OPEN, CLOSE = "[INST]", "[/INST]"
LLAMA_2 = OPEN
OPEN_SYSTEM, CLOSE_SYSTEM = "<<SYS>>", "<</SYS>>"
START, END = "<s>", "</s>"
# https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html
FINISHES: dict[Finish, str] = {
    "stop": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "context_length": "length",
    "content_filter": "stop",
    "prompt_blocked": "stop",
    "refusal": "stop",
}
NO_TOOLS = "an answer there is text. Ask with a body that takes tools."


def instructions(prompt: str) -> tuple[System, list[Message]]:
    """The turns of a template of instructions, or the prompt as one message."""
    if OPEN not in prompt:
        text = prompt.strip().removeprefix(START).strip()
        return [], [Message("user", [Text(text)])]
    before, *turns = prompt.split(OPEN)
    told = before.replace(START, "").strip()
    system: System = [Text(told)] if told else []
    messages: list[Message] = []
    for turn in turns:
        asked, _, answered = turn.partition(CLOSE)
        if OPEN_SYSTEM in asked and not messages:
            told, _, asked = asked.partition(OPEN_SYSTEM)[2].partition(CLOSE_SYSTEM)
            system.append(Text(told.strip()))
        messages.append(Message("user", [Text(asked.strip())]))
        answer = answered.replace(END, "").replace(START, "").strip()
        if answer:
            messages.append(Message("assistant", [Text(answer)]))
    return system, messages


def only_choice(answer: ChatAnswer, losses: Losses) -> Choice:
    """The answer, of which such a body tells little."""
    for name in ("id", "model", "created", "service_tier"):
        if getattr(answer, name) is not None:
            losses.drop(f"answer.{name}")
    if len(answer.choices) > 1:
        losses.drop("answer.candidates")
    choice = answer.choices[0] if answer.choices else Choice([], "prompt_blocked")
    if choice.logprobs is not None:
        losses.drop("answer.logprobs")
    if choice.stop_sequence is not None:
        losses.drop("answer.stop_sequence")
    if choice.detail is not None:
        losses.drop("answer.detail")
    return choice


def drop_usage(answer: ChatAnswer, losses: Losses) -> None:
    """Count what a body loses that tells the tokens of the prompt and the answer, and no more."""
    if answer.usage is None:
        return
    for name in ("cached", "cache_written", "reasoning"):
        if getattr(answer.usage, name):
            losses.drop(f"usage.{name}")


def text_of(choice: Choice, losses: Losses) -> str:
    texts = []
    for part in choice.parts:
        match part:
            case Text(text, citations):
                if citations:
                    losses.drop("answer.citations")
                texts.append(text)
            case Refusal(text):
                texts.append(text)
            case ToolCall():
                losses.refuse("answer.tool_call", NO_TOOLS)
            case _:
                drop_part(part, losses)
    return "".join(texts)


def drop_part(part: Part, losses: Losses) -> None:
    match part:
        case Thinking(redacted=True):
            losses.drop("answer.redacted_thinking")
        case Thinking():
            losses.drop("answer.thinking")
        case Media():
            losses.drop("answer.media")
        case _:
            losses.drop("answer.other")


def stop_reason(choice: Choice, losses: Losses) -> str:
    if choice.finish is None:
        return "stop"
    if choice.finish not in FINISHES:
        losses.refuse("answer.finish", f"it cannot say that an answer ended with {choice.finish}.")
    return FINISHES[choice.finish]
