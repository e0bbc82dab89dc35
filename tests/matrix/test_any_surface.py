"""A batch or a file made through one surface is there on every other, in that one's own words."""

import pytest

from tests.matrix.records import lines
from tests.matrix.surface import Surface, Told
from tests.matrix.surfaces import SURFACES, Boto3
from tests.stack import Stack
from tests.vendor_models import MODELS

PAIRS = [(one, other) for one in SURFACES for other in SURFACES if one != other]
CORE = 12


@pytest.fixture(params=PAIRS, ids=lambda pair: "-then-".join(pair))
def pair(request: pytest.FixtureRequest, stack: Stack) -> tuple[Surface, Surface]:
    """Who makes it, and who looks at it. The provider is none of their vendors where that can be."""
    maker, looker = (SURFACES[name] for name in request.param)
    provider = next(name for name in MODELS if name not in (maker.dialect, looker.dialect))
    model = MODELS[provider]
    return maker(stack.url, provider, model), looker(stack.url, provider, model)


def core(text: str) -> str:
    return text[-CORE:]


def test_a_batch(pair: tuple[Surface, Surface]):
    maker, looker = pair
    made = maker.create(lines(maker, "[sandbox:text=Bonjour]", "[sandbox:status=400]"))
    assert maker.wait(made) == "completed"

    same = looker.batch_id(core(made))
    assert looker.status(same) == "completed"
    assert looker.counts(same) == (1, 1)
    assert core(made) in [core(one) for one in looker.batches()]
    if not isinstance(looker, Boto3):  # whose results are objects where its job wanted them
        assert looker.results(same) == [Told("a", "Bonjour"), Told("b", None)]


def test_a_batch_is_cancelled(pair: tuple[Surface, Surface]):
    maker, looker = pair
    made = maker.create(lines(maker, "[sandbox:seconds=60]", "Hello"))
    looker.cancel(looker.batch_id(core(made)))
    assert maker.wait(made) == "cancelled"


def test_a_file(pair: tuple[Surface, Surface]):
    maker, looker = pair
    content = lines(maker, "größe")
    made = maker.upload(content)
    if isinstance(maker, Boto3):
        made = maker.id_of(made)

    same = looker.file_id(core(made))
    assert looker.download(same) == content
    looker.delete_file(same)
    assert looker.is_missing(lambda: looker.download(same))
    assert maker.is_missing(lambda: maker.download(made))
