"""Names the firewall that may keep this PC's node from being found, as far as this system tells, and what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from swarmstt.launching import NO_WINDOW, system_program

MULTICAST_PORT = 5353
"""Of mDNS (RFC 6762)."""
_ASK_SECONDS = 10.0
_UFW = Path("/etc/ufw/ufw.conf")
_MACOS_FIREWALL = "/usr/libexec/ApplicationFirewall/socketfilterfw"


def advice(swarm_port: int) -> str | None:
    """A sentence about the firewall that is active; None where none is known to be. Blocks for seconds at most."""
    if sys.platform == "win32":
        return windows_advice(_said(_POWERSHELL_NETWORKS), _said(_POWERSHELL_FIREWALL))
    if sys.platform == "darwin":
        return macos_advice(_said([_MACOS_FIREWALL, "--getglobalstate"]))
    return linux_advice(_read(_UFW), _said(["firewall-cmd", "--state"]), swarm_port)


_POWERSHELL_NETWORKS = ["powershell", "-NoProfile", "-Command", "(Get-NetConnectionProfile).NetworkCategory"]
_POWERSHELL_FIREWALL = ["powershell", "-NoProfile", "-Command", "(Get-NetFirewallProfile -Name Private).Enabled"]
"""Both answer with names of .NET, which are the same in every language of Windows."""


def windows_advice(profiles: str, firewall: str) -> str | None:
    """From what Get-NetConnectionProfile and Get-NetFirewallProfile say."""
    if "Public" in profiles.split():
        return (
            "Windows takes this network for a public one and hides this PC in it: "
            "under Settings > Network & internet choose the profile Private"
        )
    if "True" in firewall.split():
        return (
            "Windows' firewall is on: under Windows Security > Firewall > Allow an app, "
            f"allow {_own_program()} on private networks"
        )
    return None


def macos_advice(firewall: str) -> str | None:
    """From what socketfilterfw says."""
    if "enabled" not in firewall.lower() or "disabled" in firewall.lower():
        return None
    return f"macOS' firewall is on: under System Settings > Network > Firewall > Options, allow {_own_program()}"


def linux_advice(ufw: str, firewalld: str, swarm_port: int) -> str | None:
    """From ufw's settings, and what firewalld's tool says."""
    if "ENABLED=yes" in ufw.replace(" ", "").splitlines():
        return f"the firewall ufw is on: sudo ufw allow {MULTICAST_PORT}/udp; sudo ufw allow {swarm_port}/tcp"
    if firewalld.strip() == "running":
        return (
            "the firewall firewalld is on: sudo firewall-cmd --permanent --add-service=mdns "
            f"--add-port={swarm_port}/tcp; sudo firewall-cmd --reload"
        )
    return None


def _own_program() -> str:
    """What firewalls know this program by."""
    return "swarmstt" if getattr(sys, "frozen", False) else "Python"


def _said(command: list[str]) -> str:
    program = system_program(command[0])
    if program is None:
        return ""
    try:
        return subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            check=False,
            timeout=_ASK_SECONDS,
            creationflags=NO_WINDOW,
            text=True,
            errors="replace",
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
