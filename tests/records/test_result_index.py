"""Results in any order, repeated, missing and strange: each record has the first of its own."""

import json
import tempfile
from dataclasses import dataclass
from typing import BinaryIO

from hypothesis import given
from hypothesis import strategies as st

from batches.results import ResultIndex
from providers.openai.dialect import OPENAI
from providers.records import upstream_id


@dataclass
class Said:
    """What a provider wrote, and what each record should make of it."""

    total: int
    lines: list[bytes]
    first: dict[int, bytes]
    repeated: int
    strange: int


@st.composite
def outputs(draw) -> Said:
    total = draw(st.integers(0, 30))
    numbers = draw(st.lists(st.integers(0, total - 1), max_size=60)) if total else []
    said = Said(total, [], {}, 0, 0)
    for order, number in enumerate(numbers):
        status = draw(st.sampled_from([200, 201, 400, 500]))
        line = result(upstream_id(number), status, order)
        said.lines.append(line)
        if number in said.first:
            said.repeated += 1
        else:
            said.first[number] = line
    strays = [b"nonsense", b"{}", result("c-1", 200, 0), result(upstream_id(total), 200, 0), b"[]"]
    for stray in draw(st.lists(st.sampled_from(strays), max_size=5)):
        said.lines.insert(draw(st.integers(0, len(said.lines))), stray)
        said.strange += 1
    return said


def result(name: str, status: int, order: int) -> bytes:
    body = {"order": order, "text": "x" * (order % 7)}
    return json.dumps(
        {"custom_id": name, "response": {"status_code": status, "body": body}}
    ).encode()


def file_of(content: bytes) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by the index
    file.write(content)
    file.flush()
    return file


@given(
    outputs(),
    st.integers(1, 200),
    st.integers(1, 5),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_each_record_has_its_first_result(said: Said, size: int, jobs: int, at_hand: list[bool]):
    share = -(-len(said.lines) // jobs) or 1
    with ResultIndex(said.total, OPENAI) as index:
        for start in range(0, len(said.lines), share):
            content = b"\n".join(said.lines[start : start + share])
            chunks = [content[at : at + size] for at in range(0, len(content), size)]
            file = file_of(content) if at_hand[start // share] else None
            index.add(chunks, keep=lambda: None, source=f"from {start}", at_hand=file)

        for number in range(said.total):
            found = index.get(number)
            assert (found[1] if found else None) == said.first.get(number)
            if found:
                assert found[0] == f"from {said.lines.index(found[1]) // share * share}"
        assert sum(index.strays.values()) == said.repeated + said.strange
        assert index.strays.get("repeated", 0) == said.repeated


def test_many_megabytes_are_found_again_and_the_claim_is_kept():
    kept = 0

    def keep() -> None:
        nonlocal kept
        kept += 1

    lines = [result(upstream_id(number), 200, number) + b" " * 10_000 for number in range(500)]
    with ResultIndex(500, OPENAI) as index:
        index.add(iter([line + b"\n" for line in reversed(lines)]), keep=keep)
        found = [index.get(number) for number in range(500)]

    assert found == [("", line) for line in lines]
    assert kept > 10


def test_a_result_may_be_far_longer_than_a_request():
    line = result(upstream_id(0), 200, 0)[:-2] + b', "picture": "' + b"x" * 40 * 2**20 + b'"}}'

    with ResultIndex(1, OPENAI) as index:
        index.add([line[:1000], line[1000:] + b"\n"], keep=lambda: None)
        found = index.get(0)

    assert found == ("", line)
