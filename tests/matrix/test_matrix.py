"""All 16 cells: four SDKs, each to four providers, every operation of a file and of a batch.

Read this first. `surfaces.py` beside it shows what each SDK is called with.
"""

import pytest

from tests.matrix.records import lines
from tests.matrix.surface import Surface, Told
from tests.matrix.surfaces import SURFACES
from tests.stack import Stack
from tests.vendor_models import MODELS

pytestmark = pytest.mark.usefixtures("stack")


@pytest.fixture(params=[f"{one}-to-{other}" for one in SURFACES for other in MODELS])
def cell(request: pytest.FixtureRequest, stack: Stack) -> Surface:
    name, _, provider = request.param.partition("-to-")
    return SURFACES[name](stack.url, provider, MODELS[provider])


def test_a_batch_is_answered_in_the_clients_own_words(cell: Surface):
    batch = cell.create(
        lines(cell, "[sandbox:text=Bonjour]", "[sandbox:status=400]", "[sandbox:text=größe]")
    )

    assert cell.wait(batch) == "completed"
    assert cell.counts(batch) == (2, 1)
    assert sorted(cell.results(batch), key=lambda told: told.custom_id) == [
        Told("a", "Bonjour"),
        Told("b", None),
        Told("c", "größe"),
    ]
    assert batch in cell.batches()


def test_a_batch_is_cancelled_and_every_record_has_its_result(cell: Surface):
    batch = cell.create(lines(cell, "[sandbox:seconds=60]", "Hello"))
    cell.cancel(batch)

    assert cell.wait(batch) == "cancelled"


def test_a_file_is_kept_as_it_came(cell: Surface):
    content = lines(cell, "größe", "🎉")
    file = cell.upload(content)

    assert cell.download(file) == content
    assert file in cell.files()
    cell.delete_file(file)
    assert cell.is_missing(lambda: cell.download(file))


def test_what_is_not_there_raises_the_sdks_own_error(cell: Surface):
    missing = cell.batch_id("000000000000")
    assert cell.is_missing(lambda: cell.status(missing))
