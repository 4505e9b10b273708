"""`python -m sentinel.cli`: how the parts of a system are started."""

from sentinel.cli import main

main(prog_name="sentinel")
