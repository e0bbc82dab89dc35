"""The form that uploads stream in is one that others can read."""

import io

from hypothesis import given
from hypothesis import strategies as st
from multipart import MultipartParser, parse_options_header

from providers.http import MultipartForm

names = st.from_regex(r"[a-z_]{1,10}", fullmatch=True)


def read(form: MultipartForm) -> bytes:
    """As an HTTP client does."""
    body = b""
    while chunk := form.read(8192):
        body += chunk
    return body


@given(
    fields=st.dictionaries(names.filter(lambda name: name != "file"), st.text(max_size=20)),
    name=st.from_regex(r"bifrost-[a-z0-9]{12}\.jsonl", fullmatch=True),
    content=st.binary(max_size=300) | st.sampled_from([b"\r\n--", b"x" * 600_000]),
)
def test_it_is_read_back_as_it_was(fields: dict[str, str], name: str, content: bytes):
    form = MultipartForm(fields, name, io.BytesIO(content))
    body = read(form)

    assert len(body) == len(form)
    kind, options = parse_options_header(form.content_type)
    in_memory = {"spool_limit": len(body), "memory_limit": 2 * len(body)}
    parts = list(MultipartParser(io.BytesIO(body), options["boundary"], **in_memory))
    assert kind == "multipart/form-data"
    assert {part.name: part.value for part in parts[:-1]} == fields
    file = parts[-1]
    assert (file.name, file.filename, file.raw) == ("file", name, content)
    assert file.content_type == "application/jsonl"


def test_it_begins_at_the_beginning_of_its_file():
    file = io.BytesIO(b"content")
    file.read(3)

    form = MultipartForm({}, "x", file)

    assert b"content" in read(form)
    assert form.read() == b""
