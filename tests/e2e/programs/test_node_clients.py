"""The clients of other languages, as people install them: OpenAI's for Node.js, and Echogarden."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.bench.wer import word_errors
from tests.e2e.programs.recordings import saved, wav
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.packages, pytest.mark.timeout(900)]

INSTALL_SECONDS = 500
RUN_SECONDS = 240

OPENAI = """
import fs from 'fs';
import OpenAI from 'openai';
const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'unused', maxRetries: 0 });
const file = () => fs.createReadStream(process.argv[3]);
const verbose = await client.audio.transcriptions.create({
  file: file(), model: 'whisper-1', response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'],
});
const srt = await client.audio.transcriptions.create({ file: file(), model: 'whisper-1', response_format: 'srt' });
const events = [];
for await (const event of await client.audio.transcriptions.create({ file: file(), model: 'x', stream: true })) {
  events.push(event.type);
}
const models = (await client.models.list()).data.map((each) => each.id);
let error = null;
try {
  await client.audio.transcriptions.create({ file: file(), model: 'x', response_format: 'exe' });
} catch (caught) {
  error = { status: caught.status, param: caught.param };
}
console.log(JSON.stringify({ verbose, srt, events, models, error }));
"""
ECHOGARDEN = """
import * as Echogarden from 'echogarden';
const result = await Echogarden.recognize(process.argv[3], {
  engine: 'openai-cloud',
  language: 'en',
  openAICloud: { baseURL: process.argv[2], apiKey: 'unused', model: 'whisper-1', requestWordTimestamps: true },
});
console.log(JSON.stringify({ transcript: result.transcript, words: result.wordTimeline.length }));
"""


@pytest.fixture(scope="module")
def path(voice: Voice, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("recordings"), "a.wav", wav(voice.say(SENTENCES[4])))


def run(folder: Path, package: str, script: str, *arguments: str) -> dict[str, object]:
    if shutil.which("npm") is None:
        pytest.skip("this PC has no npm")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", package]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    (folder / "run.js").write_text(script, encoding="utf-8")
    done = subprocess.run(
        ["node", "run.js", *arguments], cwd=folder, capture_output=True, timeout=RUN_SECONDS, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_openai_for_node(node: Running, path: Path, tmp_path: Path) -> None:
    found = run(tmp_path, "openai", OPENAI, f"{node.url}/v1", str(path))
    verbose, srt = found["verbose"], found["srt"]
    assert isinstance(verbose, dict)
    assert isinstance(srt, str)
    assert word_errors(SENTENCES[4], verbose["text"]).percent <= 15
    assert len(verbose["words"]) > 8
    assert srt.startswith("1\n00:00:0")
    assert found["events"] == ["transcript.text.delta", "transcript.text.segment", "transcript.text.done"]
    assert found["models"]
    assert found["error"] == {"status": 400, "param": "response_format"}


@pytest.mark.skipif(
    shutil.which("ffmpeg") is None and os.environ.get("CI") != "true", reason="Echogarden would fetch an ffmpeg"
)
def test_echogarden(node: Running, path: Path, tmp_path: Path) -> None:
    found = run(tmp_path, "echogarden", ECHOGARDEN, f"{node.url}/v1", str(path))
    assert word_errors(SENTENCES[4], str(found["transcript"])).percent <= 15
    assert isinstance(found["words"], int)
    assert found["words"] > 8
