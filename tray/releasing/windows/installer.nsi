; The installer for Windows, of one person and without asking for rights. Started by releasing/windows_installer.py, with
; -DVERSION, -DBUILD (the standalone build's folder), -DOUTPUT, -DICON and -DKILOBYTES.
Target amd64-unicode
SetCompressor /SOLID zlib
!include "MUI2.nsh"
!include "FileFunc.nsh"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\swarmstt"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"

Name "swarmstt"
OutFile "${OUTPUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\swarmstt"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "swarmstt"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Installs swarmstt"
VIAddVersionKey "LegalCopyright" "The swarmstt authors"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\swarmstt-tray.exe"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; A program that runs keeps its file: it is asked to be closed, never ended during work.
!define RUNS "swarmstt is running. Choose Quit in its icon's menu, end what runs it in a terminal, and remove it as a \
service if it is one (swarmstt service remove). Then try again."
!macro RefuseWhileRuns PROGRAM
    ClearErrors
    ${If} ${FileExists} "$INSTDIR\${PROGRAM}"
        FileOpen $0 "$INSTDIR\${PROGRAM}" a
        ${If} ${Errors}
            MessageBox MB_OK|MB_ICONEXCLAMATION "${RUNS}" /SD IDOK
            SetErrorLevel 1
            Quit
        ${EndIf}
        FileClose $0
    ${EndIf}
!macroend
!macro RefuseWhileItRuns
    !insertmacro RefuseWhileRuns "swarmstt.exe"
    !insertmacro RefuseWhileRuns "swarmstt-tray.exe"
!macroend

Section
    !insertmacro RefuseWhileItRuns
    ; What an earlier version had and this one has not must go, or it would be loaded.
    RMDir /r "$INSTDIR\_internal"
    SetOutPath "$INSTDIR"
    File /r "${BUILD}\*"
    File "/oname=swarmstt.ico" "${ICON}"
    CreateShortcut "$SMPROGRAMS\swarmstt.lnk" "$INSTDIR\swarmstt-tray.exe" "" "$INSTDIR\swarmstt.ico"
    WriteUninstaller "$INSTDIR\uninstall.exe"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "swarmstt"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\swarmstt.ico"
    WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The swarmstt authors"
    WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
    WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
    WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${KILOBYTES}
    WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
    WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
SectionEnd

Section "Uninstall"
    ; It ends after the part that it is transcribing. Says so, and does nothing, if there is no service, or another
    ; program than this one runs as it.
    nsExec::ExecToLog '"$INSTDIR\swarmstt.exe" service remove --own'
    Pop $0
    !insertmacro RefuseWhileItRuns
    ; Only what was installed: somebody may have chosen a folder that has more in it.
    RMDir /r "$INSTDIR\_internal"
    RMDir /r "$INSTDIR\licences"
    Delete "$INSTDIR\swarmstt.exe"
    Delete "$INSTDIR\swarmstt-tray.exe"
    Delete "$INSTDIR\swarmstt.ico"
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
    Delete "$SMPROGRAMS\swarmstt.lnk"
    DeleteRegKey HKCU "${UNINSTALL}"
    DeleteRegValue HKCU "${RUN}" "swarmstt"
SectionEnd
