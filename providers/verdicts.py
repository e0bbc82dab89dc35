"""Whether a credential works, in words for whoever looks after it."""

from dataclasses import dataclass

from providers import registry
from providers.base import UpstreamError
from providers.models import Credential
from providers.secrets import SecretUnreadableError

ELSEWHERE = "it is sent elsewhere, where the key does not go: enter the address of the API itself"
NO_API = "what answers there is not the provider's API: correct the address"
WORDS: dict[str, str] = {
    "http_401": "the key is refused: enter another",
    "http_403": "the key may not do that: permit it at the provider",
    "http_404": NO_API,
    "http_405": NO_API,
    "http_429": "the account is over one of its limits",
    "malformed_answer": NO_API,
    "no_answer": "no answer came in time",
    "no_credentials": "there is no key: enter one",
    "not_json": NO_API,
    "unreachable": "the host cannot be reached: correct the address, or open the way to it",
    "unsendable_header": "the key holds a character that cannot be sent: enter it again",
    **dict.fromkeys((f"http_{status}" for status in (301, 302, 303, 307, 308)), ELSEWHERE),
}


@dataclass(frozen=True)
class Verdict:
    """`text` is a sentence without a secret."""

    works: bool
    text: str


def verdict_on(credential: Credential) -> Verdict:
    """Call the provider once; takes seconds if it does not answer."""
    try:
        lacking = registry.upstream(credential.provider, credential.account).check()
    except UpstreamError as error:
        words = WORDS.get(error.code)
        return Verdict(False, f"{words} ({error.message})" if words else error.message)
    except SecretUnreadableError as error:
        return Verdict(False, str(error))
    return Verdict(True, "; but ".join(["works: the provider listed its batches", *lacking]))
