"""Words that come near one that nobody knows."""

from avocado_pin.base import nearest


def test_the_nearest_comes_first_and_what_is_not_near_does_not_come() -> None:
    known = ["hugetlb_memfd", "anon", "hugetlb", "thp"]
    assert nearest.meant("hugetbl", known) == ["hugetlb", "hugetlb_memfd"]
    assert nearest.meant("zzz", known) == []


def test_a_hint_is_there_if_a_word_is_near() -> None:
    assert nearest.hint(["one", "two"]) == "; near: one, two"
    assert nearest.hint([]) == ""
