"""Every dialect answers for every feature, and names each as its clients do."""

import re

import pytest

from providers.records import features
from providers.records.rules import Rule
from tests.translation.bodies import BODIES, CHAT, Spoken

PROVIDERS = [spoken for spoken in BODIES if spoken.provider]
PATH = re.compile(r"\w+(\[\])?(\.\w+(\[\])?)*")


def rules_of(spoken: Spoken) -> dict[str, Rule]:
    """By feature, as losses and words name them."""
    return spoken.provider_body.settings


def settings_of(spoken: Spoken) -> set[str]:
    if spoken.subject == "chat":
        return set(features.SETTINGS)
    return set(features.EMBEDDINGS) - {"embedding.several"}


@pytest.mark.parametrize("spoken", PROVIDERS, ids=str)
def test_there_is_a_rule_for_every_setting(spoken: Spoken):
    assert set(rules_of(spoken)) == settings_of(spoken)


@pytest.mark.parametrize("spoken", PROVIDERS, ids=str)
def test_every_rule_says_where_or_why(spoken: Spoken):
    for rule in rules_of(spoken).values():
        if rule.outcome == "carried" or rule.words:
            assert PATH.fullmatch(rule.words)
        if rule.outcome != "carried":
            assert rule.note


@pytest.mark.parametrize("spoken", BODIES, ids=str)
def test_words_are_paths(spoken: Spoken):
    for feature, path in spoken.body.words.items():
        assert PATH.fullmatch(path), f"{feature}: {path}"


@pytest.mark.parametrize("spoken", CHAT, ids=str)
def test_settings_have_names_of_their_own(spoken: Spoken):
    paths = [path for key, path in spoken.body.words.items() if key in features.SETTINGS]

    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize("spoken", CHAT, ids=str)
def test_settings_are_not_named_like_parts(spoken: Spoken):
    words = spoken.body.words
    settings = {path for key, path in words.items() if key in features.SETTINGS}
    parts = {path for key, path in words.items() if key in features.PARTS}

    assert not settings & parts


@pytest.mark.parametrize("spoken", CHAT, ids=str)
def test_the_text_and_the_answer_have_names(spoken: Spoken):
    assert {"text", "system", "tool_call", "tool_result"} <= set(spoken.body.words)


@pytest.mark.parametrize("spoken", PROVIDERS, ids=str)
def test_a_setting_that_is_carried_has_a_name(spoken: Spoken):
    for feature, rule in rules_of(spoken).items():
        if rule.outcome == "carried":
            assert spoken.body.words[feature] == rule.words


def test_bodies_have_names_of_their_own():
    assert len({spoken.body.name for spoken in BODIES}) == len(BODIES)
