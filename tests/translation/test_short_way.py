"""A line that is known to hold an answer is told as any other one is."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects import DIALECTS
from providers.openai.chat import CHAT
from providers.records import Dialect, Record
from providers.translation import Translation

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside),
    max_leaves=8,
)
answers = st.dictionaries(st.text(max_size=5), values, max_size=4)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@given(st.text(max_size=8), answers, st.booleans())
def test_the_short_way_tells_the_same(dialect: Dialect, custom_id: str, answer: dict, more: bool):
    asked = Record("r0000000000", CHAT, b"{}", b"{}")
    line = dialect.seal_result(asked, "id", msgspec.json.encode(answer))
    if more:
        line = line[:-1] + b',"more":{"custom_id":"r0000000000","n": 1.0}}'
    record = Record(custom_id, CHAT, b"{}", msgspec.json.encode({"key": custom_id}))
    translation = Translation(dialect, dialect)

    told = translation.result(record, "id", line)

    assert told[0]
    assert translation.result(record, "id", line, succeeded=True) == told
