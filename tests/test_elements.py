"""The elements of an array, cut out of a body however it comes."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import elements
from gateway.elements import Elements
from gateway.surface import RequestError

PATH = (("requests",),)
DEEP = (("batch",), ("inputConfig", "input_config"), ("requests",), ("requests",))
MANY = settings(max_examples=100)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(['"', "\\", '\\"', "}],", "\u2028", "😀", "\n"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=4), values, max_size=4)
layouts = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}])


def written(value: object, layout: dict) -> bytes:
    return json.dumps(value, **layout).encode("utf-8", "surrogatepass")


def cut(body: bytes, places: Iterable[int]) -> list[bytes]:
    """The body in pieces, some of them empty."""
    ends = sorted(place % (len(body) + 1) for place in places)
    return [body[a:b] for a, b in zip([0, *ends], [*ends, len(body)], strict=True)]


def split(
    chunks: Iterable[bytes], path: Any = PATH, most_rest: int = 10_000
) -> tuple[list[bytes], Elements]:
    found = Elements(chunks, path, most_rest=most_rest)
    return list(found), found


@MANY
@given(
    st.lists(objects, min_size=1, max_size=6),
    st.dictionaries(st.text(max_size=9).filter(lambda key: key != "requests"), values, max_size=3),
    st.booleans(),
    layouts,
    st.lists(st.integers(0, 10**6), max_size=30),
)
def test_elements_come_as_they_were_written(wanted, others, first, layout, places):
    array = {"requests": wanted}
    whole = {**array, **others} if first else {**others, **array}

    found, around = split(cut(written(whole, layout), places))

    assert [json.loads(one) for one in found] == wanted
    assert all(one in written(whole, layout) and one == one.strip() for one in found)
    assert around.rest == {**others, "requests": None}
    assert around.found


@MANY
@given(values, layouts, st.lists(st.integers(0, 10**6), max_size=30))
def test_bodies_without_the_array(value, layout, places):
    body = cut(written(value, layout), places)
    if not isinstance(value, dict) or value.get("requests") is not None:
        return
    found, around = split(body)
    assert (found, around.rest, around.found) == ([], value, False)


@MANY
@given(
    st.lists(objects, min_size=1, max_size=3),
    layouts,
    st.integers(0, 10**6),
    st.binary(max_size=2) | st.sampled_from([b",", b'"', b"}", b"]", b"{", b"\\", b"0", b" "]),
    st.lists(st.integers(0, 10**6), max_size=5),
)
def test_what_is_taken_is_json_and_means_the_same(wanted, layout, place, instead, places):
    """A byte is taken away, or others are put in its place: the standard library is the judge."""
    body = written({"a": 1, "requests": wanted, "b": [1.5, "x"]}, layout)
    place %= len(body)
    body = body[:place] + instead + body[place + 1 :]
    try:
        found, around = split(cut(body, places))
    except RequestError:
        return
    judged = json.loads(body)
    assert [json.loads(one) for one in found] == (judged.pop("requests", None) or [])
    around.rest.pop("requests", None)
    assert around.rest == judged


WRONG = [
    (b"[]", None),
    (b"7", None),
    (b"{", None),
    (b'{"a":1', None),
    (b'{"a":1}x', None),
    (b'{"a":1,}', None),
    (b'{"a" 1}', None),
    (b'{"a":1 "b":2}', None),
    (b"{1:2}", None),
    (b'{"a":NaN}', None),
    (b'{"a":"\xff"}', None),
    (b'{"a":' + b"[" * 9999, None),
    (b'{"requests":[', None),
    (b'{"requests":[{}', None),
    (b'{"requests":[{}]', None),
    (b'{"requests":[{}]]}', None),
    (b'{"requests":[{}}', None),
    (b'{"requests":[{} {}]}', None),
    (b'{"requests":[{},]}', "requests.1"),
    (b'{"requests":[7]}', "requests.0"),
    (b'{"requests":[{},[]]}', "requests.1"),
    (b'{"requests":[{},{},null]}', "requests.2"),
    (b'{"requests":[{"a":01}]}', "requests.0"),
    (b'{"requests":[{},{"a":"\n"}]}', "requests.1"),
    (b'{"requests":[{},{"a":"\xff"}]}', "requests.1"),
    (b'{"requests":[{},{"a":"\\ud800"}]}', "requests.1"),
    (b'{"requests":[{"a":-', "requests.0"),
    (b'{"requests":[{"a":' + b"[" * 9999, "requests.0"),
    (b'{"requests":"x"}', "requests"),
    (b'{"requests":{}}', "requests"),
    (b'{"requests":[{}],"requests":[{}]}', None),
]


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize(("body", "param"), WRONG)
def test_what_is_wrong_is_named(body: bytes, param: str | None, size: int):
    with pytest.raises(RequestError) as caught:
        split(body[at : at + size] for at in range(0, len(body), size))
    assert (caught.value.status, caught.value.param) == (400, param)
    assert caught.value.message.startswith(param or "") or f"'{param}'" in caught.value.message


def test_null_stands_for_no_array():
    found, around = split([b'{"requests": null, "a": 1}'])
    assert (found, around.rest, around.found) == ([], {"requests": None, "a": 1}, False)


def test_an_empty_body_is_an_empty_object():
    found, around = split([b"", b" \n"])
    assert (found, around.rest, around.found) == ([], {}, False)


@pytest.mark.parametrize("key", ["inputConfig", "input_config", "input\\u0043onfig"])
def test_the_array_may_lie_deep_and_its_keys_be_spelt_otherwise(key: str):
    body = """{"batch":{"a":[1],"%s":{"requests":{"requests":[{"b":2},
        {}],"c":3}}},"requests":[4]}"""
    found, around = split([(body % key).encode()], DEEP)

    assert found == [b'{"b":2}', b"{}"]
    assert around.name == "batch.inputConfig.requests.requests"
    inner = {json.loads(f'"{key}"'): {"requests": {"requests": None, "c": 3}}}
    assert around.rest == {"batch": {"a": [1], **inner}, "requests": [4]}


def test_only_objects_lie_on_the_way():
    for body in ({"batch": [1]}, {"batch": {"inputConfig": "requests"}}, {"batch": None}):
        found, around = split([json.dumps(body).encode()], DEEP)
        assert (found, around.rest, around.found) == ([], body, False)


def test_elements_and_the_rest_have_bounds(monkeypatch):
    monkeypatch.setattr(elements, "MAX_LINE_BYTES", 100)
    fits = json.dumps({"a": "b" * 90}).encode()
    assert len(fits) == 99

    assert split([b'{"requests":[%b,%b ]}' % (fits, fits)])[0] == [fits, fits]
    for size in (1, 7, 300):
        body = b'{"requests":[%b,%b]}' % (fits, fits.replace(b"a", b"aaa"))
        with pytest.raises(RequestError, match=r"requests\.1: .* larger than 100") as caught:
            split(body[at : at + size] for at in range(0, len(body), size))
        assert caught.value.status == 413
    for rest in (
        {"a": "b" * 50},
        {"a" * 50: 1},
        {"a": [[1]] * 20},
        dict.fromkeys("abcdefghijk", 1),
    ):
        with pytest.raises(RequestDataTooBig):
            split([json.dumps({"requests": [{}], **rest}).encode()], most_rest=50)


def test_no_more_is_read_than_an_element_takes():
    taken = []

    def chunks() -> Iterator[bytes]:
        for number in range(1000):
            taken.append(number)
            yield b'{"requests":[' if not number else b'{"a":%d},' % number

    found = iter(Elements(chunks(), PATH, most_rest=100))

    assert next(found) == b'{"a":1}'
    assert len(taken) < 5


def test_what_the_chunks_raise_is_raised():
    def chunks() -> Iterator[bytes]:
        yield b'{"requests":[{}'
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        split(chunks())
