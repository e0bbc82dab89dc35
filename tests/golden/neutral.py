"""The cases that every dialect has a golden file for, in the neutral form.

`tests/golden/<body>/<case>.json` says the same in a vendor's words. Where a vendor lacks the words, the file
says so: {"refused": "<feature>"}, or {"dropped": ["<feature>"], "request": {…what is left…}}.
"""

import msgspec

from providers.records.chat import (
    CachePoint,
    ChatAnswer,
    ChatRequest,
    Choice,
    Citation,
    Data,
    Inline,
    JSONOutput,
    Link,
    Location,
    Media,
    Message,
    Reasoning,
    Refusal,
    SchemaOutput,
    Signature,
    Text,
    Thinking,
    TokenChance,
    TokenChoice,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)
from providers.records.embeddings import EmbeddingAnswer, EmbeddingRequest

MODEL = "the-model"  # each dialect's test puts a model of its own vendor here
SIGNED = Signature("the-dialect", "c2lnbmF0dXJl")  # and its own name here
SEALED = Signature("the-dialect", "cmVkYWN0ZWQ=")
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = "JVBERi0xLjQKMSAwIG9iago8PC9UeXBlL0NhdGFsb2c+PgplbmRvYmoKdHJhaWxlcgo8PC9Sb290IDEgMCBSPj4K"
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
NOTE = (
    "SW52b2ljZSA0NzExOiAxMjAuMDAgRVVSLCBkdWUgMjAyNi0xMi0wMS4="  # "Invoice 4711: 120.00 EUR, due …"
)

WEATHER_SCHEMA = msgspec.Raw(
    b'{"type":"object","properties":{"city":{"type":"string","description":"Name of the city"},'
    b'"unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["city"],'
    b'"additionalProperties":false}'
)
PERSON_SCHEMA = msgspec.Raw(
    b'{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},'
    b'"required":["name","age"],"additionalProperties":false}'
)
WEATHER = Tool("get_weather", "The weather in a city, now", WEATHER_SCHEMA)
TIME = Tool("get_time", "The time in a city, now", WEATHER_SCHEMA)
PARIS = msgspec.Raw(b'{"city":"Paris","unit":"celsius"}')
ROME = msgspec.Raw(b'{"city":"Rome"}')


def user(*parts) -> Message:
    return Message("user", [Text(part) if isinstance(part, str) else part for part in parts])


def assistant(*parts) -> Message:
    return Message("assistant", [Text(part) if isinstance(part, str) else part for part in parts])


def request(*messages: Message, system=(), tools=(), **settings) -> ChatRequest:
    settings.setdefault("max_tokens", 1024)
    return ChatRequest(
        MODEL, list(messages), [Text(text) for text in system], list(tools), settings
    )


QUESTION = user("What is the weather in Paris?")
CALL = ToolCall("call_paris_1", "get_weather", PARIS)

REQUESTS: dict[str, ChatRequest] = {
    "text": request(user("Tell me a joke about a batch of cookies.")),
    "unlimited": request(user("Tell me everything about cookies.")),
    "unicode": request(user('Grüße aus 東京 🎉 "quoted" \\ back\nnew line \u2028 </script>')),
    "system": request(user("Say hello."), system=["You are a pirate.", "Answer in one sentence."]),
    "system_later": request(
        user("Say hello."),
        assistant("Ahoy!"),
        Message("system", [Text("From now on, answer in French.")]),
        user("Say goodbye."),
    ),
    "conversation": request(
        user("My name is Ada."),
        assistant("Nice to meet you, Ada."),
        user("What is my name?", "One word, please."),
    ),
    "participant": request(Message("user", [Text("Hello")], name="alice")),
    "sampling": request(
        user("Pick a number."), temperature=0.7, top_p=0.9, stop=["END", "\n\n"], max_tokens=64
    ),
    "top_k": request(user("Pick a number."), top_k=40),
    "hot": request(user("Pick a number."), temperature=1.5),
    "seed": request(user("Pick a number."), seed=42),
    "penalties": request(user("Write."), frequency_penalty=0.5, presence_penalty=0.25),
    "logit_bias": request(user("Yes or no?"), logit_bias={"1734": 5}),
    "several": request(user("A name for a cat."), candidates=2),
    "logprobs": request(user("Yes or no?"), logprobs=2),
    "user": request(user("Hello"), user="user-7f3a"),
    "metadata": request(user("Hello"), metadata={"team": "search", "run": "17"}),
    "tier": request(user("Hello"), service_tier="flex"),
    "verbosity": request(user("Hello"), verbosity="low"),
    "cache_key": request(user("Hello"), cache_key="tenant-12"),
    "image": request(user(Media("image", Inline(PNG), "image/png"), "What is this?")),
    "image_link": request(
        user("What is this?", Media("image", Link("https://example.com/cat.jpg"), "image/jpeg"))
    ),
    "image_detail": request(
        user(Media("image", Inline(PNG), "image/png", detail="low"), "What is this?")
    ),
    "document": request(
        user(Media("document", Inline(PDF), "application/pdf", name="invoice.pdf"), "Who pays?")
    ),
    "document_text": request(
        user(Media("document", Inline(NOTE), "text/plain", name="note.txt"), "Who pays?")
    ),
    "document_cited": request(
        user(
            Media(
                "document",
                Inline(PDF),
                "application/pdf",
                name="invoice.pdf",
                context="An invoice of last month",
                cite=True,
            ),
            "Who pays?",
        )
    ),
    "document_link": request(
        user(
            Media("document", Link("https://example.com/paper.pdf"), "application/pdf"),
            "Sum it up.",
        )
    ),
    "audio": request(user(Media("audio", Inline(WAV), "audio/wav"), "What is said?")),
    "video": request(
        user(Media("video", Inline("AAAAGGZ0eXBtcDQy"), "video/mp4"), "What happens?")
    ),
    "tools": request(QUESTION, tools=[WEATHER, TIME]),
    "tool_strict": request(QUESTION, tools=[msgspec.structs.replace(WEATHER, strict=True)]),
    "tool_auto": request(QUESTION, tools=[WEATHER], tool_choice=ToolChoice("auto")),
    "tool_none": request(QUESTION, tools=[WEATHER], tool_choice=ToolChoice("none")),
    "tool_required": request(QUESTION, tools=[WEATHER, TIME], tool_choice=ToolChoice("required")),
    "tool_one": request(
        QUESTION, tools=[WEATHER, TIME], tool_choice=ToolChoice("required", ("get_weather",))
    ),
    "tool_some": request(
        QUESTION,
        tools=[WEATHER, TIME],
        tool_choice=ToolChoice("required", ("get_weather", "get_time")),
    ),
    "tool_serial": request(
        QUESTION, tools=[WEATHER], tool_choice=ToolChoice("auto"), parallel_tool_calls=False
    ),
    "tool_call": request(
        QUESTION,
        assistant("Let me look.", CALL),
        user(ToolResult("call_paris_1", [Text("21 degrees and sunny")])),
        tools=[WEATHER],
    ),
    "tool_calls": request(
        user("Compare the weather in Paris and Rome."),
        assistant(CALL, ToolCall("call_rome_2", "get_weather", ROME)),
        user(
            ToolResult("call_paris_1", [Text("21 degrees and sunny")]),
            ToolResult("call_rome_2", [Text("28 degrees")]),
        ),
        assistant("Rome is warmer."),
        user("Thanks. By how much?"),
        tools=[WEATHER],
    ),
    "tool_error": request(
        QUESTION,
        assistant(CALL),
        user(ToolResult("call_paris_1", [Text("No such city")], is_error=True)),
        tools=[WEATHER],
    ),
    "tool_data": request(
        QUESTION,
        assistant(CALL),
        user(ToolResult("call_paris_1", [Data(msgspec.Raw(b'{"degrees":21,"sky":"clear"}'))])),
        tools=[WEATHER],
    ),
    "tool_image": request(
        user("Take a picture of the yard."),
        assistant(ToolCall("call_photo_1", "get_weather", PARIS)),
        user(
            ToolResult(
                "call_photo_1", [Text("Here it is"), Media("image", Inline(PNG), "image/png")]
            )
        ),
        tools=[WEATHER],
    ),
    "json": request(user("A person, as JSON."), output=JSONOutput()),
    "schema": request(
        user("A person."), output=SchemaOutput(PERSON_SCHEMA, name="person", strict=True)
    ),
    "effort": request(user("Prove it."), reasoning=Reasoning(effort="medium"), max_tokens=20_000),
    "effort_none": request(user("Prove it."), reasoning=Reasoning(effort="none")),
    "budget": request(user("Prove it."), reasoning=Reasoning(budget=8192), max_tokens=20_000),
    "thinking": request(
        user("What is 17 * 23?"),
        assistant(Thinking("17 * 23 = 391", signature=SIGNED), "391"),
        user("Plus one?"),
    ),
    "redacted": request(
        user("What is 17 * 23?"),
        assistant(Thinking("", SEALED, redacted=True), "391"),
        user("Plus one?"),
    ),
    "refusal": request(
        user("Say something rude."),
        assistant(Refusal("I would rather not.")),
        user("Then something kind."),
    ),
    "cache": ChatRequest(
        MODEL,
        [user("Hello", CachePoint("1h"), "And now?")],
        [Text("A very long instruction."), CachePoint()],
        [WEATHER, CachePoint()],
        {"max_tokens": 1024},
    ),
}
del REQUESTS["unlimited"].settings["max_tokens"]

USAGE = Usage(input=120, output=48)
ID, CREATED = "answer-1", 1_764_547_200


def answer(*parts, finish="stop", usage=USAGE, **more) -> ChatAnswer:
    said = [Text(part) if isinstance(part, str) else part for part in parts]
    return ChatAnswer([Choice(said, finish, **more)], usage, ID, MODEL, CREATED)


ANSWERS: dict[str, ChatAnswer] = {
    "text": answer("Why did the cookie go to the doctor? It felt crumby."),
    "unicode": answer('Grüße aus 東京 🎉 "quoted" \\ back\nnew line \u2028 </script>'),
    "empty": answer(),
    "length": answer("Once upon a", finish="length"),
    "stop_sequence": answer("One, two", finish="stop_sequence", stop_sequence="END"),
    "context": answer("Once upon a", finish="context_length"),
    "tool_call": answer("Let me look.", CALL, finish="tool_calls"),
    "tool_calls": answer(CALL, ToolCall("call_rome_2", "get_weather", ROME), finish="tool_calls"),
    "thinking": answer(
        Thinking("17 * 23 = 391", signature=SIGNED),
        "391",
        usage=Usage(input=20, output=48, reasoning=31),
    ),
    "redacted": answer(Thinking("", SEALED, redacted=True), "391"),
    "refusal": answer(Refusal("I would rather not."), finish="refusal"),
    "filtered": answer("The first step is", finish="content_filter"),
    "blocked": answer(finish="prompt_blocked"),
    "broken_call": answer(finish="malformed_tool_call"),
    "paused": answer("Searching", finish="paused"),
    "several": ChatAnswer(
        [Choice([Text("Tom")], "stop"), Choice([Text("Felix")], "stop")], USAGE, ID, MODEL, CREATED
    ),
    "logprobs": answer(
        "Yes",
        logprobs=[TokenChoice("Yes", -0.1, [TokenChance("Yes", -0.1), TokenChance("No", -2.4)])],
    ),
    "cached": answer("Hello", usage=Usage(input=5000, output=12, cached=4096, cache_written=512)),
    "tier": msgspec.structs.replace(answer("Hello"), service_tier="flex"),
    "citation": answer(
        Text(
            "Ada pays.",
            (
                Citation(
                    title="invoice.pdf",
                    quote="Bill to: Ada",
                    location=Location("page", 0, 1, 2),
                ),
            ),
        )
    ),
    "web_citation": answer(
        Text("It is 21 degrees.", (Citation(title="Weather", url="https://example.com/paris"),))
    ),
}

EMBEDDINGS: dict[str, EmbeddingRequest] = {
    "embedding": EmbeddingRequest(MODEL, ["The quick brown fox"], {}),
    "dimensions": EmbeddingRequest(MODEL, ["The quick brown fox"], {"dimensions": 256}),
    "purpose": EmbeddingRequest(
        MODEL, ["The quick brown fox"], {"purpose": "search_document", "title": "Animals"}
    ),
    "many": EmbeddingRequest(MODEL, ["The quick brown fox", "jumps over", "the lazy dog"], {}),
}
VECTORS: dict[str, EmbeddingAnswer] = {
    "embedding": EmbeddingAnswer([[0.25, -0.5, 0.125]], 5, MODEL),
    "many": EmbeddingAnswer([[0.25, -0.5], [0.5, 0.75], [-1.0, 0.0]], 11, MODEL),
}
