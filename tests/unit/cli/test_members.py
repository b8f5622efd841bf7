"""`peers` names one PC out of several, and says who is removed with it."""

from __future__ import annotations

from typing import Any

import pytest

from swarmstt.cli.membership.members import find, removed_lines
from swarmstt.cli.parser import parse
from swarmstt.errors import LocalError


def peer(name: str, letter: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "node_id": letter * 64, "address": None, "let_in": [], "met": True, **fields}


ANNA, BEN = peer("Anna", "a", address="10.0.0.1:8765"), peer("Ben", "b")


def test_a_pc_is_named_by_its_name_or_the_start_of_its_id() -> None:
    for wanted in ("Anna", "aaaaaa", "A" * 64):
        assert find([ANNA, BEN], wanted) == ANNA


@pytest.mark.parametrize("wanted", ["Dora", "aaaaa", "", "anna"])
def test_one_that_is_not_known_is_no_guess(wanted: str) -> None:
    with pytest.raises(LocalError, match=r"No PC is called .* These are known: Anna, Ben\."):
        find([ANNA, BEN], wanted)
    with pytest.raises(LocalError, match="knows no other PC"):
        find([], wanted)


def test_of_two_with_one_name_the_person_chooses_by_id() -> None:
    other = peer("Anna", "c")
    with pytest.raises(LocalError, match=r"2 PCs are called Anna.*a{12} \(10\.0\.0\.1:8765\), c{12} \(away\)"):
        find([ANNA, other], "Anna")
    assert find([ANNA, other], "c" * 12) == other


def test_who_goes_along_and_who_stays_is_said() -> None:
    assert removed_lines(ANNA, [], []) == ["Anna is removed from the swarm for good."]
    assert removed_lines(ANNA, [BEN], [])[1:] == ["So is Ben, which it let in."]
    assert removed_lines(ANNA, [], [BEN, peer("Dora", "d")])[1:] == ["Ben, Dora, which it let in, stay."]


def test_what_goes_together(capsys: pytest.CaptureFixture[str]) -> None:
    given = parse(["peers", "--remove", "Anna", "--with-let-in"])
    assert (given.removed, given.with_let_in) == ("Anna", True)
    assert parse(["peers"]).removed is None
    for wrong in (["--remove", "Anna", "--leave"], ["--join_again", "--leave"], ["--remove"]):
        with pytest.raises(SystemExit) as ended:
            parse(["peers", *wrong])
        assert ended.value.code == 2
    assert "not allowed with" in capsys.readouterr().err
