/* python.exe and, with -DGUI, pythonw.exe: they hand everything to the python311.dll beside them. */
#include <stdio.h>
#include <windows.h>

int wmain(int count, wchar_t **arguments) {
    wchar_t path[MAX_PATH];
    GetModuleFileNameW(NULL, path, MAX_PATH);
    wcscpy(wcsrchr(path, L'\\') + 1, L"python311.dll");
    HMODULE python = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!python) {
        fprintf(stderr, "python311.dll cannot be loaded: error %lu\n", GetLastError());
        return 101;
    }
    int (*run)(int, wchar_t **) = (void *)GetProcAddress(python, "Py_Main");
    return run(count, arguments);
}

#ifdef GUI
int WINAPI wWinMain(HINSTANCE own, HINSTANCE before, LPWSTR line, int show) { return wmain(__argc, __wargv); }
#endif
