"""Local learning rules over whole data sets: trial after trial in one compiled program."""
