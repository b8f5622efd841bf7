"""The transcript as podcasts have it: JSON of the Podcast Namespace."""

from __future__ import annotations

import json
from typing import Any

from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts import cues


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes a segment of each segment and gap; its speaker is the narrator, if the tags say who reads. Nobody says that
    something is missing."""
    narrator = document.get("narrator")
    speaker = {"speaker": narrator} if narrator else {}
    segments = [
        {
            **({} if each.get("is_gap") else speaker),
            "startTime": each["start"],
            "endTime": each["end"],
            "body": each["text"],
        }
        for each in cues.plain(cues.with_gaps(document))
    ]
    text = json.dumps({"version": "1.0.0", "segments": segments}, ensure_ascii=False, indent=2)
    return f"{text}\n".encode("utf-8", "replace")


def forms_before(document: dict[str, Any], options: OutputOptions) -> set[bytes]:
    """Makes what earlier versions made, which did not say where something is missing."""
    return {render({**document, "gaps": []}, options)}
