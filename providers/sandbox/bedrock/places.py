"""Where a job reads and writes: s3://bucket/key."""

from typing import NamedTuple

MANIFEST = "manifest.json.out"


class Place(NamedTuple):
    bucket: str
    key: str

    def inside(self, name: str) -> str:
        """The key of what lies in the folder that this is."""
        folder = self.key.rstrip("/")
        return f"{folder}/{name}" if folder else name


def place(uri: str) -> Place:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return Place(bucket, key)


def input_of(asked: dict[str, object]) -> Place:
    return _place_in(asked, "inputDataConfig", "s3InputDataConfig")


def output_of(asked: dict[str, object]) -> Place:
    return _place_in(asked, "outputDataConfig", "s3OutputDataConfig")


def _place_in(asked: dict[str, object], config: str, s3: str) -> Place:
    outer = asked[config]
    assert isinstance(outer, dict)
    return place(outer[s3]["s3Uri"])
