"""The envelope of a new batch, which is refused at once; what is in it is judged later.

https://platform.claude.com/docs/en/api/messages/batches/create
"""

import re
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from providers.sandbox.anthropic.orders import Unpack, Unpacked
from providers.sandbox.directives import MARK, batch_directives

_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_LONGEST_ID = 64


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    custom_id: Any = msgspec.UNSET
    params: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Refused(Exception):
    """The words of a refusal."""


_decode_names = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_request = msgspec.json.Decoder(_Request).decode


def unpack(order: Unpack) -> Unpacked:
    unpacked = Unpacked()
    try:
        with open(order.records, "r+b") as records:
            _unpack(Path(order.path).read_bytes(), order.most, records, unpacked)
    except FileNotFoundError:
        # The client left, and nobody waits for the batch.
        return Unpacked(refusal="gone")
    except _Refused as refused:
        return Unpacked(refusal=str(refused))
    return unpacked


def _unpack(body: bytes, most: int, records: BinaryIO, unpacked: Unpacked) -> None:
    seen: set[str] = set()
    for index, raw in enumerate(_requests(body, most)):
        request = _request(raw, f"requests.{index}")
        custom_id = _checked_id(request.custom_id, f"requests.{index}.custom_id")
        if custom_id in seen:
            raise _Refused(
                f"requests.{index}.custom_id: custom_id must be unique within a batch,"
                f" but {custom_id!r} was given before"
            )
        seen.add(custom_id)
        params = _checked_params(request.params, f"requests.{index}.params")
        records.write(b'{"custom_id":"%b","params":%b}\n' % (custom_id.encode(), params))
        if MARK in params:
            _obey(batch_directives(params), unpacked)
    unpacked.total = len(seen)


def _requests(body: bytes, most: int) -> list[msgspec.Raw]:
    try:
        fields = _decode_names(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _Refused("The request body is not valid JSON") from None
    if "requests" not in fields:
        raise _Refused("requests: Field required")
    for name in fields:
        if name != "requests":
            raise _Refused(f"{name}: Extra inputs are not permitted")
    try:
        requests = _decode_list(fields["requests"])
    except msgspec.ValidationError:
        raise _Refused("requests: Input should be a valid list") from None
    count = len(requests)
    if not requests:
        raise _Refused("requests: List should have at least 1 item after validation, not 0")
    if count > most:
        raise _Refused(
            f"requests: List should have at most {most} items after validation, not {count}"
        )
    return requests


def _request(raw: msgspec.Raw, path: str) -> _Request:
    try:
        return _decode_request(raw)
    except msgspec.ValidationError as error:
        unknown = re.search("unknown field `(.*)`", str(error))
        if unknown:
            raise _Refused(f"{path}.{unknown[1]}: Extra inputs are not permitted") from None
        raise _Refused(f"{path}: Input should be a valid dictionary") from None


def _checked_id(value: Any, path: str) -> str:
    if value is msgspec.UNSET:
        raise _Refused(f"{path}: Field required")
    if not isinstance(value, str):
        raise _Refused(f"{path}: Input should be a valid string")
    if not value:
        raise _Refused(f"{path}: String should have at least 1 character")
    if len(value) > _LONGEST_ID:
        raise _Refused(f"{path}: String should have at most {_LONGEST_ID} characters")
    if not _CUSTOM_ID.fullmatch(value):
        raise _Refused(f"{path}: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
    return value


def _checked_params(raw: msgspec.Raw | msgspec.UnsetType, path: str) -> bytes:
    """The parameters on one line, which is all that is asked of them yet."""
    if isinstance(raw, msgspec.UnsetType):
        raise _Refused(f"{path}: Field required")
    params = bytes(raw)
    if not params.startswith(b"{"):
        raise _Refused(f"{path}: Input should be a valid dictionary")
    try:
        # msgspec does not look into what it skips, so the encoding is checked apart.
        params.decode()
    except UnicodeDecodeError:
        raise _Refused("The request body is not valid JSON") from None
    return msgspec.json.format(params, indent=-1) if b"\n" in params else params


def _obey(ordered: dict[str, str], unpacked: Unpacked) -> None:
    unpacked.outcome = ordered.get("batch", unpacked.outcome)
    seconds = ordered.get("seconds", "")
    if seconds.replace(".", "", 1).isdigit():
        unpacked.seconds = float(seconds)
