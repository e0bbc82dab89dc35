"""Which dialect a line speaks, by its envelope alone."""

import json

import pytest

from providers.dialects import DIALECTS, open_like, recognise
from providers.records import MalformedRecordError
from tests.translation import golden
from tests.translation.bodies import BODIES, Spoken, question_of

ONE_OF_EACH = [pytest.param(spoken, id=spoken.folder) for spoken in BODIES]


def a_line(spoken: Spoken) -> bytes:
    return golden.request_line(spoken.folder, question_of(spoken))


@pytest.mark.parametrize("spoken", ONE_OF_EACH)
def test_a_line_says_which_dialect_it_speaks(spoken: Spoken):
    assert recognise(a_line(spoken)) is spoken.dialect


@pytest.mark.parametrize("spoken", ONE_OF_EACH)
def test_a_line_of_the_same_dialect_is_opened(spoken: Spoken):
    assert open_like(spoken.dialect, a_line(spoken), model=spoken.model).body is spoken.body


def test_every_dialect_is_told_by_a_key_of_its_own():
    assert len({dialect.holds for dialect in DIALECTS.values()}) == len(DIALECTS) == 4
    assert all(name == dialect.name for name, dialect in DIALECTS.items())


@pytest.mark.parametrize("spoken", ONE_OF_EACH)
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_file_that_speaks_two_dialects_is_told_so(spoken: Spoken, dialect):
    if dialect is spoken.dialect:
        return
    with pytest.raises(MalformedRecordError) as error:
        open_like(dialect, a_line(spoken))

    assert error.value.code == "mixed_dialects"
    assert dialect.vendor in error.value.message
    assert spoken.dialect.vendor in error.value.message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"[]",
        b"1",
        b"null",
        b'"body"',
        b"{}",
        b'{"custom_id":"a"}',
        b'{"prompt":"a"}',
        b'{"body":{},"params":{}}',
        b'{"request":{},"modelInput":{},"key":"a"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"body":' * 100_000,
    ],
    ids=lambda line: repr(line[:24]),
)
def test_any_other_line_is_no_record(line: bytes):
    with pytest.raises(MalformedRecordError) as error:
        recognise(line)

    assert error.value.code in ("invalid_json_line", "unknown_envelope")
    assert error.value.message


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_broken_line_is_told_in_the_words_of_its_own_dialect(dialect):
    line = json.dumps({dialect.holds: 1}).encode()

    with pytest.raises(MalformedRecordError) as error:
        open_like(dialect, line)

    assert error.value.code != "mixed_dialects"
