"""docs/translation.md: `python -m tests.translation.table > docs/translation.md`.

No cell is written by hand. The neutral case that has a feature is rendered by each body, and what becomes of
it is what the table says.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, get_args

import msgspec

from providers.records import Failure, FailureKind, UnsupportedFeatureError, features
from providers.records.chat import Finish
from tests.translation import golden
from tests.translation.bodies import BEDROCKS, BY_FOLDER, DIALECTS, EMBEDDINGS, Spoken
from tests.translation.probes import (
    ANSWER_CASES,
    DETAIL_CASES,
    EMBEDDING_CASES,
    PART_CASES,
    SETTING_CASES,
    answer_with,
    embedding_with,
    request_with,
)
from tests.translation.topics import ANSWERED, ASKED, SHORT
from tests.translation.vocabulary import failure_word, finish_word

PAGE = Path(__file__).resolve().parents[2] / "docs" / "translation.md"
TEXT = Path(__file__).with_name("table.md")
IN_WORDS, ALWAYS, ABSENT, ALIKE = "in words", "always", "–", "="
RESPONSES = BY_FOLDER["openai-responses"]
HOSTED = {
    "bedrock-nova": "bedrock",
    "bedrock-claude": "anthropic",
    "bedrock-gpt-oss": "openai",
    "bedrock-mistral": "openai",
}
"""Bodies of Bedrock's models, and whose words they are but for a few."""

HOSTS = tuple(BY_FOLDER[folder] for folder in HOSTED)
PROMPTS = tuple(spoken for spoken in BEDROCKS if spoken.few)
Ask = Callable[["Notes", str, str, Spoken], str]
Rows = Iterable[tuple[str, list[str]]]


class Notes:
    """What a cell must add, as a list below its table, each thing said once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, text: str) -> str:
        if not text:
            return ""
        return f" <sup>{self._numbers.setdefault(_sentence(text), len(self._numbers) + 1)}</sup>"

    def list(self) -> str:
        return "".join(f"\n{number}. {text}" for text, number in self._numbers.items())


def _sentence(text: str) -> str:
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def page() -> str:
    tables = {
        **{topic: _questions(names, DIALECTS) for topic, names in ASKED.items()},
        **{topic: _answers(names, DIALECTS) for topic, names in ANSWERED.items()},
        "finishes": _noted("Why it ended", DIALECTS, _finish_rows),
        "failures": _noted("Failure", DIALECTS, _failure_rows).replace(" Converse", "", 1),
        "responses, requests": _responses(ASKED),
        "responses, answers": _responses(ANSWERED),
        "hosted": _hosted(),
        "prompts": _noted("What it says", PROMPTS, _prompt_rows),
        "embeddings": _noted("Embeddings", EMBEDDINGS, _embedding_rows),
    }
    text = TEXT.read_text()
    for name, table in tables.items():
        text = text.replace(f"<!-- {name} -->", table)
    return text


def _questions(names: Iterable[str], columns: tuple[Spoken, ...]) -> str:
    return _noted("", columns, partial(_rows_of, _asked, _cases(names)))


def _answers(names: Iterable[str], columns: tuple[Spoken, ...]) -> str:
    return _noted("", columns, partial(_rows_of, _answered, _cases(names)))


def _noted(
    subject: str, columns: tuple[Spoken, ...], rows: Callable[[Notes, tuple[Spoken, ...]], Rows]
) -> str:
    """A table, and below it its notes."""
    notes = Notes()
    lines = [
        [subject, *(spoken.title for spoken in columns)],
        ["---"] * (len(columns) + 1),
        *([title, *cells] for title, cells in rows(notes, columns)),
    ]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{table}\n{notes.list()}".rstrip()


def _cases(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """What to call a row, its feature, and the case that shows it."""
    cases = {**PART_CASES, **DETAIL_CASES, **ANSWER_CASES}
    titles = {**features.PARTS, **features.DETAILS, **features.ANSWERS}
    for name in names:
        if name in cases:
            yield titles[name], name, cases[name]
        for title, case in SETTING_CASES.get(name, ()):
            yield title or features.SETTINGS[name], name, case


def _rows_of(
    ask: Ask, cases: Iterable[tuple[str, str, str]], notes: Notes, columns: tuple[Spoken, ...]
) -> Rows:
    for title, feature, case in cases:
        yield title, [ask(notes, feature, case, spoken) for spoken in columns]


def _hosted() -> str:
    """Only the rows in which a body differs from the one whose words it speaks."""

    def rows(notes: Notes, columns: tuple[Spoken, ...]) -> Rows:
        for ask, topics in ((_asked, ASKED), (_answered, ANSWERED)):
            for title, feature, case in _cases(name for names in topics.values() for name in names):
                cells = [_unlike(ask, notes, feature, case, spoken) for spoken in columns]
                if set(cells) != {ALIKE}:
                    yield title, cells

    return _noted("", HOSTS, rows)


def _unlike(ask: Ask, notes: Notes, feature: str, case: str, spoken: Spoken) -> str:
    host = BY_FOLDER[HOSTED[spoken.folder]]
    mine, theirs = (ask(Notes(), feature, case, each) for each in (spoken, host))
    mine, theirs = (cell.partition(" <sup>")[0] for cell in (mine, theirs))
    return ALIKE if mine == theirs else ask(notes, feature, case, spoken)


def _responses(topics: dict[str, tuple[str, ...]]) -> str:
    """Where its clients say each thing, or find it."""
    titles = {**features.SETTINGS, **features.DETAILS, **features.PARTS, **features.ANSWERS}
    words = RESPONSES.body.words
    names = (name for names in topics.values() for name in names if name in words)
    rows = (f"| {titles[name]} | `{words[name]}` |" for name in names)
    return "\n".join(["| | OpenAI Responses |", "| --- | --- |", *rows])


def _prompt_rows(notes: Notes, columns: tuple[Spoken, ...]) -> Rows:
    titles = {**features.SETTINGS, **features.PARTS}
    for name in (name for names in ASKED.values() for name in names):
        words = [spoken.body.words.get(name) for spoken in columns]
        if any(words):
            yield titles[name], [f"`{word}`" if word else ABSENT for word in words]


def _embedding_rows(notes: Notes, columns: tuple[Spoken, ...]) -> Rows:
    for feature, case in EMBEDDING_CASES.items():
        cells = [_asked(notes, feature, case, spoken) for spoken in columns]
        yield features.EMBEDDINGS[feature], cells


def _finish_rows(notes: Notes, columns: tuple[Spoken, ...]) -> Rows:
    for finish in get_args(Finish):
        yield f"`{finish}`", [_finished(notes, finish, spoken) for spoken in columns]


def _failure_rows(notes: Notes, columns: tuple[Spoken, ...]) -> Rows:
    for kind in get_args(FailureKind):
        yield f"`{kind}`", [_failed(kind, spoken) for spoken in columns]


def _short(spoken: Spoken, words: str) -> str:
    """A path, without the place that most paths of a dialect share."""
    for place in SHORT.get(HOSTED.get(spoken.folder, spoken.folder), ()):
        if words.startswith(place):
            return f"`…{words.removeprefix(place)}`"
    return f"`{words}`"


def _asked(notes: Notes, feature: str, case: str, spoken: Spoken) -> str:
    """What becomes of a feature in a request to this provider, which is where its clients say it, too."""
    losses = golden.losses()
    request = (request_with if spoken.subject == "chat" else embedding_with)(spoken, case)
    try:
        body = spoken.provider_body.render_request(request, losses)
    except UnsupportedFeatureError as error:
        return f"refused{notes.mark(_why(error))}"
    rule = spoken.provider_body.settings.get(feature)
    if {feature, feature.partition(".")[0]} & golden.dropped(losses):
        # That of a hint which is always dropped says only that there are no words for it.
        return f"dropped{notes.mark(rule.note) if rule and rule.outcome != 'dropped' else ''}"
    return f"{_place(spoken, feature, body)}{notes.mark(rule.note if rule else '')}"


def _place(spoken: Spoken, feature: str, body: Any) -> str:
    words = spoken.body.words.get(feature)
    if feature == "output" and words and words.partition(".")[0] not in body:
        return IN_WORDS
    if words:
        return _short(spoken, words)
    return ALWAYS if feature in features.DETAILS else IN_WORDS


def _why(error: UnsupportedFeatureError) -> str:
    return error.message.split(": ", 1)[-1]


def _answered(notes: Notes, feature: str, case: str, spoken: Spoken) -> str:
    """What becomes of a feature in an answer to a client of this dialect."""
    losses = golden.losses()
    try:
        spoken.body.render_answer(answer_with(spoken, case), _asking(spoken), losses)
    except UnsupportedFeatureError as error:
        return f"refused{notes.mark(_why(error))}"
    gone, words = golden.dropped(losses), spoken.body.words.get(feature)
    if feature in gone or (not words and gone - set(golden.PLACELESS)):
        return "dropped"
    return _short(spoken, words) if words else IN_WORDS


def _finished(notes: Notes, finish: str, spoken: Spoken) -> str:
    try:
        rendered = spoken.body.render_answer(
            answer_with(spoken, finish), _asking(spoken), golden.losses()
        )
    except UnsupportedFeatureError as error:
        return f"refused{notes.mark(_why(error))}"
    return f"`{finish_word(golden.as_json(rendered))}`"


def _failed(kind: FailureKind, spoken: Spoken) -> str:
    record = spoken.dialect.open(golden.request_line(spoken.folder, "text"), model=spoken.model)
    line = spoken.dialect.seal_failure(record, "1", Failure(kind, "It failed."))
    return f"`{failure_word(msgspec.json.decode(line))}`"


def _asking(spoken: Spoken) -> Any:
    line = golden.request_line(spoken.folder, "text")
    return golden.asked(spoken.model, spoken.dialect.open(line, model=spoken.model).content)


if __name__ == "__main__":
    sys.stdout.write(page())
