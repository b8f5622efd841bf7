"""Which certificates the model hub is asked with: some Pythons on macOS have none of their own."""

from __future__ import annotations

import importlib.util
import ssl
import sys
import urllib.error
import urllib.request
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from swarmstt.speech.models.hub import HubUnreachableError, HuggingFaceHub
from swarmstt.swarm.trust.identity import load_identity


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> list[ssl.SSLContext]:
    """What the hub was asked with, by a Python that has no certificates."""
    seen: list[ssl.SSLContext] = []

    def urlopen(request: Any, *, timeout: float, context: ssl.SSLContext) -> Any:
        seen.append(context)
        raise urllib.error.URLError("there is no network")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(ssl, "create_default_context", lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    return seen


def test_those_of_certifi_are_taken_as_well(
    contexts: list[ssl.SSLContext], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    identity = load_identity(tmp_path)
    (tmp_path / "all.pem").write_text(ssl.DER_cert_to_PEM_cert(identity.certificate), encoding="ascii")
    certifi = ModuleType("certifi")
    certifi.__spec__ = ModuleSpec("certifi", None)
    vars(certifi)["where"] = lambda: str(tmp_path / "all.pem")
    monkeypatch.setitem(sys.modules, "certifi", certifi)
    with pytest.raises(HubUnreachableError):
        HuggingFaceHub("https://hub.invalid").list_files("owner/model")
    assert [context.cert_store_stats()["x509"] for context in contexts] == [1]
    assert contexts[0].verify_mode is ssl.CERT_REQUIRED


def test_without_certifi_there_are_the_systems_only(
    contexts: list[ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(HubUnreachableError):
        HuggingFaceHub("https://hub.invalid").list_files("owner/model")
    assert [context.cert_store_stats()["x509"] for context in contexts] == [0]
