"""Whatever is in a node's own files: it is used, or named in an error."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.membership.door import OPEN_SECONDS
from swarmstt.core.membership.roster import KEY_BYTES
from swarmstt.errors import StorageError
from swarmstt.swarm.trust.roster_file import RosterFile
from swarmstt.swarm.trust.swarm_key import parse_key
from tests.support.examples import (
    AUTHOR,
    ROSTER_FILE,
)
from tests.support.mutations import altered, check_sentence, few, json_things, more, written, wrong_values

roster_files = (
    st.binary(max_size=200)
    | altered(st.just(ROSTER_FILE))
    | wrong_values(st.just(json.loads(ROSTER_FILE)), json_things).map(lambda each: json.dumps(each).encode())
    | st.sampled_from([b"[" * 100_000, b'{"open_until": 1' + b"0" * 400 + b"}"])
)


@more
@given(content=roster_files)
def test_a_roster_file_is_used_or_named(file: Path, content: bytes) -> None:
    try:
        loaded = RosterFile(path=written(file, content)).load(AUTHOR, 10.0, 5000.0)
    except StorageError as error:
        check_sentence(error)
        return
    assert loaded is not None
    assert len(loaded[0].roster.key) == KEY_BYTES
    assert loaded[0].seconds_left(10.0) <= OPEN_SECONDS


@few
@given(st.binary(max_size=80) | altered(st.sampled_from([b"ab" * 32, b"q" * 43 + b"="])))
def test_a_key_file_has_a_key_or_none(content: bytes) -> None:
    key = parse_key(content)
    assert key is None or len(key) == KEY_BYTES
