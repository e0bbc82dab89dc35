"""Records from each dialect to each one, and their results back, on one core."""

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import product

import msgspec
import psutil

from providers.dialects import DIALECTS
from providers.records import Asked, Dialect, Losses, Record, lines, upstream_id
from providers.records.chat import ChatAnswer, ChatRequest, Choice, Message, Text, Usage
from providers.translation import Translation
from tests.bench.measure import MEGABYTE, Bar, Figure, at_least, at_most, resident, stopwatch

CHUNK = 256 * 1024
ROUNDS = 3
MODELS = {
    "openai": "gpt-5-mini",
    "anthropic": "claude-opus-4-6",
    "bedrock": "qwen.qwen3-235b-a22b-2507-v1:0",
    "gemini": "gemini-3.8-flash",
}
COUNTS = {300: 20_000, 4096: 5_000}
ACROSS, SAME = at_least(100_000, 150_000), at_least(500_000, 1_000_000)
CREATED = 1_764_547_200


def measured() -> Iterator[Figure]:
    pairs = list(product(DIALECTS.values(), repeat=2))
    for size, (source, target) in product(COUNTS, pairs):
        content = requests(source, size)
        yield from _figures(source, target, "requests", content, size)
    for source, target in pairs:
        if source is not target:
            yield from _figures(source, target, "results", results(target, 300), 300)
    yield growth()


def _figures(
    source: Dialect, target: Dialect, what: str, content: bytes, size: int
) -> Iterator[Figure]:
    work: Callable[..., float] = seconds_of_requests if what == "requests" else seconds_of_results
    seconds = statistics.median(_cpu_of(work, content, source, target) for _ in range(ROUNDS))
    written = (
        len(content) // COUNTS[size]
    )  # an answer with its envelope may need more than asked for
    subject = f"{source.name} to {target.name}, {written} bytes"
    yield Figure(
        subject,
        what,
        COUNTS[size] / seconds,
        "/s",
        bar=_bar(source, target) if size == 300 else None,
    )
    yield Figure(subject, f"{what}, speed", len(content) / MEGABYTE / seconds, "MB/s")


def _cpu_of(work: Callable[..., float], *given: object) -> float:
    """The seconds of one core: what neighbours take of it does not count."""
    before = time.process_time()
    work(*given)
    return time.process_time() - before


def _bar(source: Dialect, target: Dialect) -> Bar:
    return SAME if source is target else ACROSS


def seconds_of_requests(
    content: bytes, source: Dialect = DIALECTS["openai"], target: Dialect = DIALECTS["openai"]
) -> float:
    """What it takes to read every request and to write it for the provider."""
    translation = _translation(source, target)
    with stopwatch() as taken:
        _send(translation, _chunks(content))
    return taken()


def seconds_of_results(
    content: bytes, source: Dialect = DIALECTS["openai"], target: Dialect = DIALECTS["openai"]
) -> float:
    """What it takes to read every result and to write it for the client."""
    translation = _translation(source, target)
    record = question(source)
    with stopwatch() as taken:
        for number, (_, line) in enumerate(lines(_chunks(content))):
            translation.result(record, str(number), line)
    return taken()


def growth() -> Figure:
    """How far ten times the records grow the process, in the widest pair."""
    source, target = DIALECTS["openai"], DIALECTS["anthropic"]
    content = requests(source, 300)
    translation = _translation(source, target)
    _send(translation, _chunks(content))
    gc.collect()
    before = resident([psutil.Process()])
    _send(translation, (chunk for _ in range(10) for chunk in _chunks(content)))
    after = resident([psutil.Process()])
    return Figure(
        "ten times the records", "memory over the first", after - before, "MB", bar=at_most(8, 2)
    )


def _translation(source: Dialect, target: Dialect) -> Translation:
    model = "" if source is target else MODELS[target.name]
    return Translation(source, target, model=model, created=CREATED)


def _send(translation: Translation, chunks: Iterable[bytes]) -> None:
    for number, (_, line) in enumerate(lines(chunks)):
        translation.request(translation.open(line), upstream_id(number))


@cache
def requests(dialect: Dialect, size: int) -> bytes:
    """Lines of an input file: one message of a user, as long as it takes."""
    body = dialect.body_for("chat", MODELS[dialect.name])
    assert body

    def line(number: int, text: str) -> bytes:
        request = ChatRequest(
            MODELS[dialect.name], [Message("user", [Text(text)])], [], [], {"max_tokens": 100}
        )
        rendered = body.render_request(request, _losses())
        return dialect.seal(f"record-{number:08d}", body, msgspec.json.encode(rendered))

    return _padded(line, size)


@cache
def results(dialect: Dialect, size: int) -> bytes:
    """Lines of an output file: one text, as long as it takes."""
    model, record = MODELS[dialect.name], question(dialect)

    def line(number: int, text: str) -> bytes:
        answer = ChatAnswer(
            [Choice([Text(text)], "stop")], Usage(120, 48), "answer-1", model, CREATED
        )
        asked = Asked(str(number), model, CREATED, record.content)
        rendered = record.body.render_answer(answer, asked, _losses())
        return dialect.seal_result(record, str(number), msgspec.json.encode(rendered))

    return _padded(line, size)


def question(dialect: Dialect) -> Record:
    first = requests(dialect, 300).split(b"\n", 1)[0]
    return dialect.open(first, model=MODELS[dialect.name])


def _padded(line: Callable[[int, str], bytes], size: int) -> bytes:
    text = "x" * max(1, size - 1 - len(line(0, "")))
    return b"".join(line(number, text) + b"\n" for number in range(COUNTS[size]))


def _losses() -> Losses:
    return Losses("a benchmark", {})


def _chunks(content: bytes) -> Iterator[bytes]:
    return (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))
