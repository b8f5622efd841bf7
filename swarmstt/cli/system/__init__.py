"""What the program is to the system that it is installed on."""
