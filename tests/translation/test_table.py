"""The table for users is what the code does."""

from providers.records import features
from tests.translation import probes, table, topics


def test_the_page_is_up_to_date():
    assert table.PAGE.read_text() == table.page(), (
        "run: python -m tests.translation.table > docs/translation.md"
    )


def test_every_feature_has_a_row():
    assert set(probes.SETTING_CASES) == set(features.SETTINGS)
    assert set(probes.DETAIL_CASES) == set(features.DETAILS)
    assert set(probes.PART_CASES) == set(features.PARTS)
    assert set(probes.ANSWER_CASES) == set(features.ANSWERS)
    assert set(probes.EMBEDDING_CASES) == set(features.EMBEDDINGS)


def test_every_feature_stands_in_one_table():
    asked = [name for names in topics.ASKED.values() for name in names]
    answered = [name for names in topics.ANSWERED.values() for name in names]

    assert sorted(asked) == sorted({**features.SETTINGS, **features.DETAILS, **features.PARTS})
    assert sorted(answered) == sorted(features.ANSWERS)


def test_every_place_on_the_page_is_filled():
    assert "<!--" not in table.page()
