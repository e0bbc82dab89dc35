"""What is written down to be sent at once is what would be made to be sent later."""

import json
from contextlib import closing
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from batches import translate
from batches.services import spools as spools_module
from batches.services.jobs import mark_of
from batches.services.spools import Spools
from batches.services.validate import Look, Part
from providers import registry
from tests.vendor_models import MODELS

ENDPOINT = "/v1/chat/completions"


@st.composite
def bodies(draw, model: str) -> dict:
    """Some have no words elsewhere, and some lose a hint there."""
    more = draw(st.sampled_from([{}, {"n": 3}, {"logit_bias": {"1": 2}}, {"seed": 4}]))
    text = draw(st.text(max_size=20))
    other = draw(st.sampled_from(["", "-other"]))
    return {"model": model + other, "messages": [{"role": "user", "content": text}], **more}


@st.composite
def inputs(draw, model: str) -> bytes:
    asked = draw(st.lists(bodies(model), min_size=1, max_size=30))
    lines = (
        {"custom_id": f"c{number}", "method": "POST", "url": ENDPOINT, "body": body}
        for number, body in enumerate(asked)
    )
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@given(st.data(), st.sampled_from(sorted(MODELS)), st.integers(1, 10), st.booleans())
def test_a_spool_holds_what_its_job_sends(data, provider: str, records: int, one_model: bool):
    content = data.draw(inputs(MODELS[provider]))
    upstream = registry.upstream_class(provider)
    limits = replace(upstream.limits, records=records, one_model=one_model)
    with closing(Spools(upstream)) as spools:
        look = Look(provider, endpoint=None, key=None, limits=limits, spools=spools)
        refused = [looked.refusal for looked in look.at([content]) if looked.refusal]

        assert not look.findings.errors
        assert len(refused) == look.findings.refused
        for part in look.findings.parts:
            spool = spools.of(part.job_id)
            assert spool
            spool.seek(0)
            share = translate.Share(
                part.first,
                part.records,
                part.model if one_model else None,
                mark_of(upstream, part.job_id),
            )
            source = translate.Input([content], provider=provider)
            assert spool.read() == b"".join(line + b"\n" for _, line in source.sent(share))


def test_of_many_jobs_the_first_have_a_spool():
    upstream = registry.upstream_class("openai")
    with closing(Spools(upstream)) as spools:
        parts = [Part(first=number) for number in range(spools_module.MOST + 2)]
        begun = [spools.begin(part.job_id) for part in parts]

        assert all(begun[: spools_module.MOST])
        assert begun[spools_module.MOST :] == [None, None]
        assert spools.of(parts[-1].job_id) is None
        first = begun[0]
    assert first
    assert first.file.closed
