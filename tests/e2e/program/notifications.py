"""A desktop's notification service for tests, as a program: what it is asked to show becomes a line of JSON on standard
output, and each number that it reads is a notification that a person clicks.

https://specifications.freedesktop.org/notification-spec/latest/protocol.html
"""

from __future__ import annotations

import json
import sys
from typing import Any

from gi.repository import Gio, GLib

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
INTERFACE = """
<node><interface name="org.freedesktop.Notifications">
  <method name="GetCapabilities"><arg direction="out" type="as"/></method>
  <method name="Notify">
    <arg direction="in" type="s"/><arg direction="in" type="u"/><arg direction="in" type="s"/>
    <arg direction="in" type="s"/><arg direction="in" type="s"/><arg direction="in" type="as"/>
    <arg direction="in" type="a{sv}"/><arg direction="in" type="i"/><arg direction="out" type="u"/>
  </method>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
</interface></node>
"""


def main() -> None:
    shown = 0
    bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)

    def called(*call: Any) -> None:
        nonlocal shown
        method, values, invocation = call[4:7]
        if method == "Notify":
            shown += 1
            _, _, _, title, text, actions, _, _ = values.unpack()
            print(json.dumps({"id": shown, "title": title, "text": text, "actions": actions}), flush=True)
            invocation.return_value(GLib.Variant("(u)", (shown,)))
        else:
            invocation.return_value(GLib.Variant("(as)", (["actions", "body", "body-markup"],)))

    def clicked(stream: Any, condition: Any) -> bool:
        line = stream.readline()
        if not line:
            return False
        for signal, values in (
            ("ActionInvoked", GLib.Variant("(us)", (int(line), "default"))),
            ("NotificationClosed", GLib.Variant("(uu)", (int(line), 2))),
        ):
            bus.emit_signal(None, PATH, NAME, signal, values)
        return True

    interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
    bus.register_object(PATH, interface, called, None, None)
    Gio.bus_own_name_on_connection(
        bus, NAME, Gio.BusNameOwnerFlags.NONE, lambda *_: print(json.dumps({"ready": True}), flush=True), None
    )
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, clicked)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
