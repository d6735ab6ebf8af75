"""Lines hold every word, are no wider than they may be, and break as Chinese and Latin do."""

from hypothesis import given
from hypothesis import strategies as st

from web_map.report.lines import CLOSING, OPENING, broken, shortened

TEXTS = st.text(alphabet="驿站覆盖人，。（）《》abc 123,.%-", max_size=80)


@given(TEXTS, st.integers(4, 30))
def test_no_word_is_lost_and_no_line_is_too_wide(text, width):
    lines = broken(text, width, len)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(len(line) <= width for line in lines)


def test_numbers_stay_whole_and_marks_stay_with_their_words():
    lines = broken("研究范围内共 10,071,722 人，其中 3,095,800 人（30.7%）可到达驿站。", 12, len)
    assert any("10,071,722" in line for line in lines)
    assert any("（30.7%）" in line for line in lines)
    assert not any(line[0] in CLOSING or line[-1] in OPENING for line in lines)


def test_a_word_wider_than_the_line_is_broken_anywhere():
    assert broken("abcdefghij", 4, len) == ["abcd", "efgh", "ij"]


def test_nothing_is_one_empty_line():
    assert broken("", 10, len) == [""]


@given(TEXTS, st.integers(2, 30))
def test_a_shortened_text_fits_and_says_that_it_was_cut(text, width):
    short = shortened(text, width, len)
    assert len(short) <= width
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
