"""The messages between the server and its workers, for all simulated providers."""

import msgspec

from providers.sandbox.openai import orders as openai

Order = openai.Check | openai.Run
Result = openai.Verdict | openai.Ran


class Progress(msgspec.Struct, tag="progress"):
    """How far a run is: one letter for each record that was done since the last report."""

    outcomes: str
