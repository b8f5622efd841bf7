"""What a Windows of Wine 8 cannot show, as it was seen, and what is therefore tried on Windows itself or not at all:

- The keyboard's own Ctrl-Break: Wine's GenerateConsoleCtrlEvent knows no such key. What Windows does then in each
  process of the console, `press_ctrl_break.py` does. Ctrl-C is pressed in a terminal.
- Whose a connection is: Wine's table names no process for most. So nodes print an address with a key, which the tests
  use. The table is also slow, by the square of the connections of the whole PC: 19 s for 549 of them.
- A task that runs: its Task Scheduler keeps a task without what it starts, starts none, whatever it is asked, and its
  PowerShell says that all is well. `test_service.py` starts by itself what the task was told to start.
- The title of a notice: `watch_notices.py` says why.

Not tried here: multicast, UNC paths with a server, a GPU. Which unit tests run here, and why others do not:
`unit_tests.py`.
"""
