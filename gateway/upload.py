"""Read an uploaded form as it comes: the fields, in any order, and the file straight into the store."""

from dataclasses import dataclass, field

from django.http import HttpRequest
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from files.services import Writer
from gateway.body import chunks
from gateway.surface import RequestError

MOST_FIELDS = 64
MOST_FIELD_BYTES = 64 * 1024


@dataclass
class Form:
    """What came beside the bytes of the file."""

    filename: str
    content_type: str
    fields: dict[str, str] = field(default_factory=dict)


def receive(request: HttpRequest, writer: Writer) -> Form:
    """Write the part `file` of a multipart body to the writer and return the rest.

    Raises RequestError for a body that is no such form, BrokenOffError, and what the writer raises.
    """
    parser = PushMultipartParser(
        _boundary(request), max_segment_count=MOST_FIELDS, max_header_size=8192
    )
    reader = _Reader(writer)
    try:
        with parser:
            for chunk in chunks(request):
                for event in parser.parse(chunk):
                    reader.take(event)
                if parser.closed:
                    break
    except MultipartError as error:
        raise RequestError(
            f"The body is no complete multipart form: {error}.", code="invalid_multipart"
        ) from error
    except UnicodeDecodeError:
        raise _no_text() from None
    if reader.form is None:
        raise RequestError(
            "Missing required parameter: 'file'.", code="missing_required_parameter", param="file"
        )
    reader.form.fields = {name: _text(value) for name, value in reader.fields.items()}
    return reader.form


class _Reader:
    """Takes the parser's events: fields to memory, within bounds, the file to the writer."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.form: Form | None = None
        self.fields: dict[str, bytearray] = {}
        self.into: bytearray | None = None

    def take(self, event: MultipartSegment | bytes | None) -> None:
        if isinstance(event, MultipartSegment):
            self._open(event)
        elif event is None:
            self.into = None
        elif self.into is None:
            self.writer.write(event)
        else:
            self.into += event
            if len(self.into) > MOST_FIELD_BYTES:
                raise RequestError(
                    f"A field of the form is larger than {MOST_FIELD_BYTES} bytes.",
                    status=413,
                    code="field_too_large",
                )

    def _open(self, segment: MultipartSegment) -> None:
        name = segment.name or ""
        if name == "file":
            if self.form is not None:
                raise RequestError("The form has two files: send one.", param="file")
            kind = segment.content_type or "application/octet-stream"
            self.form = Form(segment.filename or "upload", kind[:255])
            return
        if name in self.fields:
            raise RequestError(f"Duplicate parameter: '{name}'.", param=name)
        self.into = self.fields[name] = bytearray()


def _text(value: bytearray) -> str:
    """Raises RequestError."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise _no_text() from None


def _no_text() -> RequestError:
    return RequestError("A field of the form is not UTF-8.", code="invalid_multipart")


def _boundary(request: HttpRequest) -> str:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise RequestError(
            "Upload the file as multipart/form-data with a boundary.", code="invalid_content_type"
        )
    return str(options["boundary"])
