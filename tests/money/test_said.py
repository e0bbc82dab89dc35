"""How sums of money are said."""

import pytest

from providers.money import dollars, exact, total_spent


@pytest.mark.parametrize(
    ("billionths", "said"),
    [
        (0, "$0.00"),
        (1, "$0.000000001"),
        (4_149, "$0.0000041"),
        (999_999, "$0.001"),
        (12_345_678, "$0.012"),
        (50_000_000, "$0.05"),
        (99_600_000, "$0.10"),
        (123_456_789, "$0.12"),
        (1_234_567_890_000_000, "$1,234,567.89"),
        (-50_000_000, "-$0.05"),
    ],
)
def test_little_money_is_never_told_as_none(billionths, said):
    assert dollars(billionths) == said


def test_what_has_no_price_is_told_in_a_sum():
    assert [total_spent(0, 0), total_spent(0, 2), total_spent(10**9, 2)] == [
        "$0.00",
        "unknown",
        "$1.00 + unknown",
    ]
    # What has one since it was counted.
    assert total_spent(10**9, -2) == "$1.00"


def test_programs_read_all_of_it():
    assert [exact(0), exact(1), exact(1_234_567_890_000_000)] == ["0", "0.000000001", "1234567.89"]
