"""Every surface in one go, for any line of the SDKs: `python -m tests.matrix.play URL SURFACE PROVIDER`.

Without pytest and Django: the older lines live in an environment without anything else of ours.
"""

import sys

from tests.matrix.records import lines
from tests.matrix.surface import Surface, Told
from tests.matrix.surfaces import SURFACES
from tests.vendor_models import MODELS


def play(surface: Surface) -> None:
    content = lines(surface, "[sandbox:text=Bonjour]", "[sandbox:status=400]")
    file = surface.upload(content)
    assert surface.download(file) == content
    assert file in surface.files()
    surface.delete_file(file)
    assert surface.is_missing(lambda: surface.download(file))

    batch = surface.create(content)
    assert surface.wait(batch) == "completed"
    # The older boto3 knows no counts.
    assert surface.counts(batch) in [(1, 1), (None, None)]
    assert surface.results(batch) == [Told("a", "Bonjour"), Told("b", None)]
    assert batch in surface.batches()

    batch = surface.create(lines(surface, "[sandbox:seconds=60]", "Hello"))
    surface.cancel(batch)
    assert surface.wait(batch) == "cancelled"
    missing = surface.batch_id("000000000000")
    assert surface.is_missing(lambda: surface.status(missing))


if __name__ == "__main__":
    url, name, provider = sys.argv[1:]
    play(SURFACES[name](url, provider, MODELS[provider]))
