"""The bodies under test: which folder of golden files speaks which dialect, and for which model."""

import importlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from providers.records import Body, Dialect, ProviderBody, Subject
from tests.translation import golden


@dataclass(frozen=True)
class Spoken:
    """A body under test. `signs` is whose seal its thoughts bear; if it says `few`, it has words for few of
    the cases, and files for those."""

    folder: str
    dialect_name: str
    model: str
    subject: Subject = "chat"
    provider: bool = True
    title: str = ""
    signs: str = ""
    few: bool = False

    def __str__(self) -> str:
        return self.folder

    @cached_property
    def dialect(self) -> Dialect:
        module = importlib.import_module(f"providers.{self.dialect_name}.dialect")
        return getattr(module, self.dialect_name.upper())

    @cached_property
    def body(self) -> Body[Any, Any]:
        if self.provider:
            return self.provider_body
        case = "text" if self.subject == "chat" else "embedding"
        return self.dialect.open(golden.request_line(self.folder, case), model=self.model).body

    @cached_property
    def provider_body(self) -> ProviderBody[Any, Any]:
        body = self.dialect.body_for(self.subject, self.model)
        assert body, f"{self.dialect_name} has no body for {self.model}"
        return body

    @property
    def signer(self) -> str:
        return self.signs or self.dialect_name

    @property
    def requests(self) -> dict[str, Any]:
        """The neutral requests, as a client of this dialect would mean them."""
        return golden.requests(self.subject, by=self.signer, model=self.model)

    @property
    def answers(self) -> dict[str, Any]:
        return golden.answers(self.subject, by=self.signer, model=self.model)


CHAT = (
    Spoken("openai", "openai", "gpt-5-mini", title="OpenAI"),
    Spoken(
        "openai-responses", "openai", "gpt-5-mini", provider=False, title="OpenAI Responses"
    ),
    Spoken("anthropic", "anthropic", "claude-opus-4-6", title="Anthropic"),
    Spoken("gemini", "gemini", "gemini-3.8-flash", title="Gemini"),
    Spoken("bedrock", "bedrock", "qwen.qwen3-235b-a22b-2507-v1:0", title="Bedrock Converse"),
    Spoken("bedrock-nova", "bedrock", "amazon.nova-pro-v1:0", title="Amazon Nova"),
    Spoken(
        "bedrock-claude", "bedrock", "anthropic.claude-opus-4-6-v1",
        title="Claude", signs="anthropic",
    ),
)  # fmt: skip
BEDROCKS = (
    Spoken("bedrock-gpt-oss", "bedrock", "openai.gpt-oss-120b-1:0", title="gpt-oss"),
    Spoken("bedrock-mistral", "bedrock", "mistral.mistral-large-2407-v1:0", title="Mistral Large"),
    Spoken(
        "bedrock-llama", "bedrock", "meta.llama3-3-70b-instruct-v1:0",
        provider=False, title="Llama", few=True,
    ),
    Spoken(
        "bedrock-mistral-text", "bedrock", "mistral.mistral-7b-instruct-v0:2",
        provider=False, title="Mistral 7B", few=True,
    ),
)  # fmt: skip
"""Bedrock's other bodies: those of OpenAI's kind, and prompts, which only clients speak."""

EMBEDDINGS = (
    Spoken("openai-embeddings", "openai", "text-embedding-3-small", "embeddings", title="OpenAI"),
    Spoken("gemini-embeddings", "gemini", "gemini-embedding-001", "embeddings", title="Gemini"),
    Spoken("bedrock-titan", "bedrock", "amazon.titan-embed-text-v2:0", "embeddings", title="Titan"),
    Spoken(
        "bedrock-cohere", "bedrock", "cohere.embed-multilingual-v3", "embeddings", title="Cohere"
    ),
)
BODIES = CHAT + BEDROCKS + EMBEDDINGS
BY_FOLDER = {spoken.folder: spoken for spoken in BODIES}
DIALECTS = tuple(BY_FOLDER[name] for name in ("openai", "anthropic", "gemini", "bedrock"))


def question_of(spoken: Spoken, case: str = "embedding") -> str:
    """The request that an answer's file answers: the same case of embeddings, and always one in chats."""
    if spoken.subject == "chat":
        return "text"
    said = golden.read(spoken.folder, case, "request")
    return case if said and said.line else "embedding"
