"""What providers tell of jobs by themselves: which of them do, where, and what they prove themselves with."""

from base64 import b64decode

from django.conf import settings
from django.core.exceptions import ValidationError

from providers.models import Credential, Provider

# Each with what its secrets are like.
TELLERS = {
    Provider.OPENAI: "the signing secret that OpenAI shows when a webhook is made: whsec_…",
    Provider.GEMINI: "the signing secret that Google shows when a webhook is made",
    Provider.BEDROCK: "the value of the API key of EventBridge's connection, 16 characters or more",
}
SHORTEST = 16


def address_for(credential: Credential) -> str:
    """Where the provider is to tell; empty for one that does not."""
    if credential.provider not in TELLERS:
        return ""
    path = f"/bifrost/v1/incoming/{credential.provider}/{credential.pk}"
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def check_secret(provider: str, text: str) -> None:
    """Raises ValidationError for what cannot be the secret that a provider proves itself with."""
    if provider not in TELLERS:
        raise ValidationError("This provider tells nothing by itself: leave it empty.")
    wanted = TELLERS[Provider(provider)]
    if len(text) < SHORTEST or not text.isascii() or not text.isprintable():
        raise ValidationError(f"This is too short, or has odd characters: enter {wanted}.")
    if provider != Provider.BEDROCK:
        try:
            b64decode(f"{text.removeprefix('whsec_')}==", validate=False)
        except ValueError:
            raise ValidationError(f"This is no signing secret: enter {wanted}.") from None
