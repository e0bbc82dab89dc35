"""What is wrong with one record."""

import msgspec

NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are no JSON of the wanted type."""


class RecordError(Exception):
    """One record is at fault, and only that record.

    `code` is a word of OpenAI's batch errors, `param` the path of the field in the client's own words.
    """

    def __init__(self, message: str, *, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param


class MalformedRecordError(RecordError):
    """It does not have the shape of its dialect."""


class LineTooLongError(MalformedRecordError):
    """Nothing behind the line can be read either. `line` is its number."""

    def __init__(self, line: int, longest: int) -> None:
        super().__init__(f"This line is longer than {longest} bytes.", code="line_too_long")
        self.line = line


class UnsupportedFeatureError(RecordError):
    """The target has no words for something in it."""

    def __init__(
        self, message: str, *, code: str = "unsupported_feature", param: str | None = None
    ) -> None:
        super().__init__(message, code=code, param=param)
