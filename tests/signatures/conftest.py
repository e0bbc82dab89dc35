"""What the tests of signatures share: a key, and a server that takes nothing but keys."""

from typing import Any

import pytest

from providers.models import VirtualKey, Workspace
from providers.models.keys import KeyTexts
from tests.s3.client import Server, boto
from tests.s3.conftest import aws as aws
from tests.s3.conftest import bucket as bucket
from tests.s3.conftest import credential as credential
from tests.s3.conftest import s3_url as s3_url
from tests.s3.conftest import server as server
from tests.s3.conftest import workspace as workspace
from tests.signatures.signing import Signer


@pytest.fixture
def keys(settings: Any) -> None:
    settings.AUTH = "keys"


@pytest.fixture
def key(workspace: Workspace) -> tuple[VirtualKey, KeyTexts]:
    made = VirtualKey(workspace=workspace, name="signs")
    texts = made.renew()
    made.save()
    return made, texts


@pytest.fixture
def texts(key: tuple[VirtualKey, KeyTexts], keys: None) -> KeyTexts:
    return key[1]


@pytest.fixture
def signer(texts: KeyTexts) -> Signer:
    return Signer.now(texts.access_key_id, texts.secret_access_key)


@pytest.fixture
def pair(texts: KeyTexts) -> dict[str, str]:
    return {"key": texts.access_key_id, "secret": texts.secret_access_key}


@pytest.fixture
def s3(server: Server, pair: dict[str, str]) -> Any:
    return boto(server, "openai", **pair)
