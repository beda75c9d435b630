"""``python -m vadstudy``: the command line of :mod:`vadstudy.cli`."""

from vadstudy.cli import main

main()
