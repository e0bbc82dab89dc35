"""The simulated providers: one entry each, and nothing else knows them by name.

A vendor's folder has `orders.py` (the messages to its workers), `limits.py`, `service.py` with
`open_service` (the server's side) and `work.py` with `WORK` (the worker's side: for each kind of
order the function that obeys it). The latter two are imported when they are needed: the server
has no use for the vendors' SDKs, and a worker only for those that it gets orders for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from operator import or_
from typing import Any

from providers.sandbox.anthropic import orders as anthropic
from providers.sandbox.anthropic.limits import Limits as AnthropicLimits
from providers.sandbox.bedrock import orders as bedrock
from providers.sandbox.bedrock.limits import Limits as BedrockLimits
from providers.sandbox.bedrock.s3.limits import Limits as S3Limits
from providers.sandbox.gemini import orders as gemini
from providers.sandbox.gemini.limits import Limits as GeminiLimits
from providers.sandbox.openai import orders as openai
from providers.sandbox.openai.limits import Limits as OpenAILimits
from providers.sandbox.orders import Obey, Order, Progress, Report, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """`orders` are its kinds of orders, each with the result that ends it.

    The limits are options of the command line: `flags` is what their names begin with.
    """

    folder: str
    orders: Mapping[type[Order], type[Result]]
    limits: type[Any]
    flags: str

    def service(self) -> Any:
        """The function that opens it, an `OpenService`."""
        return import_module(f"{self.folder}.service").open_service

    def work(self) -> Mapping[type[Order], Obey]:
        work: Mapping[type[Order], Obey] = import_module(f"{self.folder}.work").WORK
        return work


VENDORS: dict[str, Vendor] = {
    "openai": Vendor(
        folder="providers.sandbox.openai",
        orders={openai.Check: openai.Verdict, openai.Run: openai.Ran},
        limits=OpenAILimits,
        flags="max",
    ),
    "anthropic": Vendor(
        folder="providers.sandbox.anthropic",
        orders={anthropic.Unpack: anthropic.Unpacked, anthropic.Run: anthropic.Ran},
        limits=AnthropicLimits,
        flags="anthropic_max",
    ),
    "gemini": Vendor(
        folder="providers.sandbox.gemini",
        orders={gemini.Check: gemini.Verdict, gemini.Run: gemini.Ran},
        limits=GeminiLimits,
        flags="gemini_max",
    ),
    "bedrock": Vendor(
        folder="providers.sandbox.bedrock",
        orders={
            bedrock.Check: bedrock.Verdict,
            bedrock.Run: bedrock.Ran,
            bedrock.Ask: bedrock.Asked,
        },
        limits=BedrockLimits,
        flags="bedrock",
    ),
    "s3": Vendor(
        folder="providers.sandbox.bedrock.s3",
        orders={},
        limits=S3Limits,
        flags="s3",
    ),
}

_BY_ORDER = {kind: vendor for vendor in VENDORS.values() for kind in vendor.orders}
_RESULTS = [kind for vendor in VENDORS.values() for kind in vendor.orders.values()]

# What a decoder needs to tell the messages apart.
ANY_ORDER: Any = reduce(or_, _BY_ORDER)
ANY_REPORT: Any = reduce(or_, _RESULTS, Progress)


def obey(order: Order, report: Report) -> Result:
    return _BY_ORDER[type(order)].work()[type(order)](order, report)
