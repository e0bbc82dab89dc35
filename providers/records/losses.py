"""Losses: what a translation leaves behind, and never in silence."""

from collections import Counter
from collections.abc import Mapping
from typing import NoReturn

from providers.records.errors import UnsupportedFeatureError

MOST_KEPT = 256


class Losses:
    """What the records of one stream lose on their way to `target`.

    A hint that the target lacks is dropped and counted, a feature it lacks fails the record. `words` says how
    the client names each feature, so that both speak the client's language.
    """

    def __init__(self, target: str, words: Mapping[str, str]) -> None:
        self.target = target
        self._words = words
        self._dropped: list[str] = []
        # What records lose together is most often the same: counted so, it is one sum for each record.
        self._together: dict[tuple[str, ...], int] = {}
        self._counted: Counter[str] = Counter()

    @property
    def counts(self) -> Counter[str]:
        """How many records lost each thing."""
        self._sum_up()
        return self._counted

    def word(self, feature: str) -> str:
        """The client's name for a feature."""
        return self._words.get(feature, feature)

    def drop(self, feature: str) -> None:
        """Leave a hint behind."""
        self._dropped.append(self._words.get(feature, feature))

    def refuse(self, feature: str, why: str) -> NoReturn:
        """Fail the record. `why` is a sentence that says what the target lacks and what to change."""
        word = self.word(feature)
        raise UnsupportedFeatureError(f"{word} cannot be sent to {self.target}: {why}", param=word)

    def settle(self) -> None:
        """Count what the last record dropped, each thing once: it is on its way."""
        if self._dropped:
            words = tuple(self._dropped)
            self._together[words] = self._together.get(words, 0) + 1
            self._dropped.clear()
            if len(self._together) > MOST_KEPT:
                self._sum_up()

    def forget(self) -> None:
        """Count nothing of the last record: it failed."""
        self._dropped.clear()

    def _sum_up(self) -> None:
        for words, times in self._together.items():
            for word in set(words):
                self._counted[word] += times
        self._together.clear()
