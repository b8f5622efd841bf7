"""The installer for Windows: what it is made of."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from releasing.windows_installer import ICON_SIZES, SCRIPT, write_icon


def test_the_icon_has_all_sizes_that_windows_shows(tmp_path: Path) -> None:
    write_icon(tmp_path / "a.ico")
    with Image.open(tmp_path / "a.ico") as icon:
        assert icon.info["sizes"] == {(size, size) for size in ICON_SIZES}


def test_it_asks_for_no_rights_and_takes_back_what_it_did() -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    assert "RequestExecutionLevel user" in script
    assert "HKLM" not in script
    install, uninstall = script.split('Section "Uninstall"')
    assert install.count("WriteRegStr HKCU") == install.count("WriteRegStr")
    for undo in ("DeleteRegKey HKCU", "swarmstt.lnk", "RMDir", 'DeleteRegValue HKCU "${RUN}" "swarmstt"'):
        assert undo in uninstall
    assert "service remove --own" in uninstall, "whoever installed another one keeps it"
    for section in (install, uninstall):
        assert "!insertmacro RefuseWhileItRuns" in section
    assert {'RefuseWhileRuns "swarmstt.exe"', 'RefuseWhileRuns "swarmstt-tray.exe"'} <= set(
        re.findall(r'RefuseWhileRuns "[^"]+"', script)
    )
    assert 'RMDir /r "$INSTDIR"' not in script  # a person may have chosen a folder of their own
