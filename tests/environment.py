"""A plugin that keeps the tests out of the data and the accounts of whoever runs them."""

import os
import tempfile
from pathlib import Path

PREFIXES = ("OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "AWS_", "BEDROCK_", "OTEL_")
NAMES = ("SANDBOX", "PORT")

for name in list(os.environ):
    if name.startswith(PREFIXES) or name in NAMES:
        del os.environ[name]
os.environ.setdefault("BIFROST_DATA", tempfile.mkdtemp(prefix="bifrost-tests-"))
# WhiteNoise warns where there is none.
(Path(os.environ["BIFROST_DATA"]) / "static").mkdir(parents=True, exist_ok=True)
