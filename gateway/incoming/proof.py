"""Whether a message comes from who knows the secret. Nothing in a message may make this fail otherwise."""

import hmac
from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

SECRET_HEADERS = ("x-api-key", "authorization")


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """As https://www.standardwebhooks.com/ has it, with a time that lies less than five minutes from ours."""
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
        return False
    return True


def shows_secret(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """The secret itself, in a header: what EventBridge can do."""
    lowered = {name.lower(): text for name, text in headers.items()}
    given = [lowered.get(name, "").removeprefix("Bearer ").strip() for name in SECRET_HEADERS]
    # Each of them, whichever it is in: the time that it takes tells nothing.
    equal = [hmac.compare_digest(one.encode(), secret.encode()) for one in given]
    return any(equal)
