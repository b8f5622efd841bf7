"""What a Windows of Wine 8 cannot show, as it was seen, and what is therefore tried on Windows itself or not at all:

- Ctrl-Break: GenerateConsoleCtrlEvent failed with error 6 in every console (of a terminal, of a process group of its
  own, one that a program made for itself), and with 12 in none, so no such sign was sent to a node. What a node does
  with one is tested with fakes. Ctrl-C that is pressed in a terminal arrives, and `test_terminal.py` has it.
- Whose a connection is: Wine's table names no process for most. So nodes print an address with a key, which the tests
  use. The table is also slow, by the square of the connections of the whole PC: 19 s for 549 of them.

Not tried here: multicast, UNC paths with a server, a GPU, the tray's notices, the standalone build, which
PyInstaller makes on Windows only.
"""
