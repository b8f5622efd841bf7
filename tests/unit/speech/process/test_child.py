"""Children of the node, as processes."""

from __future__ import annotations

import pytest

from swarmstt.errors import EngineError
from swarmstt.speech.process.child import ChildProcess


async def test_a_child_that_cannot_be_started_is_an_error_in_words() -> None:
    with pytest.raises(EngineError, match="A process of swarmstt cannot be started") as caught:
        await ChildProcess.start("writer", command_line=["/no/such/program"])
    assert "\n" not in caught.value.message
