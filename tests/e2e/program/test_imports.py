"""What is heavy stays out of processes that do not need it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e

HEAVY = ("av", "ctranslate2", "faster_whisper", "huggingface_hub", "onnxruntime", "zeroconf")


@pytest.mark.parametrize(
    "module", ["swarmstt", "swarmstt.cli", "swarmstt.node.serving", "swarmstt.speech.transcripts.child"]
)
def test_importing_loads_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print(*(name for name in {HEAVY} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


@pytest.mark.parametrize("child", ["probe_child", "child"])
def test_a_child_that_reads_starts_without_an_event_loop(child: str) -> None:
    program = f"import sys, swarmstt.speech.child_main, swarmstt.speech.ingest.{child}; print('asyncio' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_reader_does_not_load_whisper() -> None:
    program = "import sys, swarmstt.speech.ingest.child; print('faster_whisper' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_commands_that_talk_to_the_running_node_load_none() -> None:
    names = ("running", "commands", "books", "membership.door", "helping", "status")
    modules = [f"swarmstt.cli.{name}" for name in names]
    program = f"import sys, {', '.join(modules)}; print('swarmstt.node.node' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
