"""What the gateway adds to the work: `python -m tests.bench`, described in docs/performance.md."""
