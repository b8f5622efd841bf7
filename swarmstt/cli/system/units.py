"""What each system reads to run a node in the background from login on, as text. All of it is a person's own: nothing
asks for rights."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

MARK = "Made by `swarmstt service install`"
"""In a file that is ours to write again."""
LABEL = "org.swarmstt.node"
_TASKS = "http://schemas.microsoft.com/windows/2004/02/mit/task"

_UNIT = """\
# {mark}, which writes it again. Put changes of yours into
# swarmstt.service.d/own.conf beside this file (`systemctl --user edit swarmstt`): they stay.
[Unit]
Description=swarmstt: turns audiobooks into text, together with your other PCs
Documentation=man:swarmstt(1)
StartLimitIntervalSec=0

[Service]
ExecStart={command}
Restart=on-failure
RestartSec=30
# A command that was not understood is no better the next time.
RestartPreventExitStatus=2
# It goes on with what it is transcribing, for 60 s at most.
TimeoutStopSec=90
# What it never needs, and what came with a book must never get.
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=default.target
"""


def systemd_unit(command: Sequence[str]) -> str:
    """Returns the unit for a person's own systemd: systemd.service(5)."""
    return _UNIT.format(mark=MARK, command=" ".join(map(_quoted, command)))


def _quoted(argument: str) -> str:
    """As systemd.syntax(7) has it: in double quotes, with % and $ doubled."""
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def program_of_unit(content: bytes) -> str | None:
    """Returns the program that a unit of ours runs."""
    found = re.search(r'^ExecStart="((?:[^"\\]|\\.)*)"', content.decode(), re.MULTILINE)
    return None if found is None else re.sub(r"\\(.)|([%$])[%$]", r"\1\2", found[1])


def launch_agent(command: Sequence[str], log_file: str) -> bytes:
    """Returns the property list for launchd: launchd.plist(5)."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 30,
            "ProcessType": "Background",
            "StandardErrorPath": log_file,
            "Umask": 0o077,
        }
    )


def program_of_agent(content: bytes) -> str | None:
    """Returns the program that a property list of ours runs. ValueError if it is no property list."""
    try:
        arguments = plistlib.loads(content)["ProgramArguments"]
    except (plistlib.InvalidFileException, ExpatError, KeyError, TypeError) as error:
        raise ValueError("not ours") from error
    return str(arguments[0]) if arguments else None


def scheduled_task(command: Sequence[str], arguments: str, user: str) -> bytes:
    """Returns the task for Windows' Task Scheduler: at the login of this user, with no more rights than that has.
    `arguments` are those of the program, as one line.

    https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
    """
    task = _tree(
        "Task",
        {"version": "1.2", "xmlns": _TASKS},
        _tree("RegistrationInfo", {}, _leaf("Description", f"{MARK}. Runs a node of swarmstt from login on.")),
        _tree("Triggers", {}, _tree("LogonTrigger", {}, _leaf("Enabled", "true"), _leaf("UserId", user))),
        _tree(
            "Principals",
            {},
            _tree(
                "Principal",
                {"id": "Author"},
                _leaf("UserId", user),
                _leaf("LogonType", "InteractiveToken"),
                _leaf("RunLevel", "LeastPrivilege"),
            ),
        ),
        _tree(
            "Settings",
            {},
            _leaf("MultipleInstancesPolicy", "IgnoreNew"),
            _leaf("DisallowStartIfOnBatteries", "false"),
            _leaf("StopIfGoingOnBatteries", "false"),
            _leaf("ExecutionTimeLimit", "PT0S"),
            _tree("RestartOnFailure", {}, _leaf("Interval", "PT1M"), _leaf("Count", "255")),
        ),
        _tree(
            "Actions",
            {"Context": "Author"},
            _tree("Exec", {}, _leaf("Command", command[0]), _leaf("Arguments", arguments)),
        ),
    )
    content: bytes = ElementTree.tostring(task, encoding="utf-16", xml_declaration=True)
    return content


def program_of_task(content: bytes) -> str | None:
    """Returns the program that a task of ours runs. ValueError if it is no XML."""
    try:
        task = ElementTree.fromstring(content)  # noqa: S314 (of the person's own data folder)
        return task.findtext(f"{{{_TASKS}}}Actions/{{{_TASKS}}}Exec/{{{_TASKS}}}Command")
    except ElementTree.ParseError as error:
        raise ValueError("not ours") from error


def _tree(tag: str, attributes: dict[str, str], *children: ElementTree.Element) -> ElementTree.Element:
    made = ElementTree.Element(tag, attributes)
    made.extend(children)
    return made


def _leaf(tag: str, text: str) -> ElementTree.Element:
    made = ElementTree.Element(tag)
    made.text = text
    return made
