"""The models of Bedrock, asked one record at a time.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
"""

from base64 import b64decode
from typing import Any

import msgspec
from botocore.model import ListShape, MapShape, Shape, StructureShape

from providers.base import UpstreamError
from providers.bedrock.account import AWS
from providers.bedrock.errors import named_failures

JSON = "application/json"
# Models that think may take minutes to say their first word.
READ_SECONDS = 600

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class Runtime:
    """One model, which takes and gives the JSON of a batch's records."""

    def __init__(self, aws: AWS, model: str, invocation: str) -> None:
        self.aws = aws
        self.model = model
        self.is_converse = invocation == "Converse"

    def ask(self, body: bytes) -> bytes:
        """Raises UpstreamError."""
        with named_failures("Bedrock", secret=self.aws.account.secret):
            client = self.aws.client("bedrock-runtime", read_seconds=READ_SECONDS)
            return self._converse(client, body) if self.is_converse else self._invoke(client, body)

    def _invoke(self, client: Any, body: bytes) -> bytes:
        answer = client.invoke_model(modelId=self.model, body=body, contentType=JSON, accept=JSON)
        said: bytes = answer["body"].read()
        return said

    def _converse(self, client: Any, body: bytes) -> bytes:
        """AWS's SDK wants bytes as such where JSON has them in base64, and gives them so."""
        shape = client.meta.service_model.operation_model("Converse").input_shape
        try:
            asked = _with_bytes(shape, _decode(body))
        except (msgspec.DecodeError, ValueError) as error:
            message = f"The record is no request for Converse: {error}"
            raise UpstreamError(message, permanent=True, code="http_400") from error
        answer = client.converse(**{**asked, "modelId": self.model})
        return _encode({name: said for name, said in answer.items() if name != "ResponseMetadata"})


def _with_bytes(shape: Shape, value: Any) -> Any:
    """A value of JSON with bytes where its shape has them."""
    match shape, value:
        case StructureShape(), dict() if not shape.metadata.get("document"):
            return {
                name: _with_bytes(shape.members[name], inner) if name in shape.members else inner
                for name, inner in value.items()
            }
        case ListShape(), list():
            return [_with_bytes(shape.member, item) for item in value]
        case MapShape(), dict():
            return {name: _with_bytes(shape.value, item) for name, item in value.items()}
        case _, str() if shape.type_name == "blob":
            return b64decode(value, validate=True)
    return value
