"""What the benchmark plays keeps up with what it stands for."""

from pathlib import Path

from tests.bench.place import run


def test_a_crowd_of_jobs_is_polled(tmp_path: Path):
    (tmp_path / "static").mkdir()

    found = run("crowd", "2001", environment={"BIFROST_DATA": str(tmp_path)})

    assert set(found) == {"jobs", "rate", "retrieve", "list", "retrieve of few", "list of few"}
    assert all(found.values())
