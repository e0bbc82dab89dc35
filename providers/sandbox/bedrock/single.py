"""One question that does not come in a batch."""

from pathlib import Path

import msgspec

from providers.sandbox.bedrock import refusals
from providers.sandbox.bedrock.models.asking import ask, tokens_of
from providers.sandbox.bedrock.orders import Ask, Asked
from providers.sandbox.directives import raw_directives
from providers.sandbox.refusal import Refusal
from providers.sandbox.words import digest_of


def answer_one(order: Ask) -> Asked:
    try:
        raw = Path(order.path).read_bytes()
    except FileNotFoundError:
        # The client left, and nobody waits for the answer.
        return Asked(answer="gone", status=400)
    directives = raw_directives(raw)
    try:
        if directives.status is not None and directives.status >= 400:
            raise refusals.plain(directives.status)
        digest = digest_of(order.model, raw)
        said = ask(order.model, order.invocation, raw, directives, digest, is_batch=False)
    except Refusal as refused:
        return Asked(answer=refusals.message_of(refused), status=refused.status)
    return Asked(answer=msgspec.json.encode(said).decode(), tokens=tokens_of(said))
