"""What can be an id."""

import pytest

from swarmstt.ids import is_node_id, is_sha256


@pytest.mark.parametrize("is_one", [is_node_id, is_sha256])
@pytest.mark.parametrize(
    ("text", "expected"),
    [("0af" * 21 + "9", True), ("A" * 64, False), ("a" * 63, False), ("a" * 65, False), ("a" * 64 + "\n", False)],
)
def test_sixty_four_hex_digits(is_one: object, text: str, expected: bool) -> None:
    assert callable(is_one)
    assert is_one(text) is expected
