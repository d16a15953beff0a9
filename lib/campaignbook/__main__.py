"""Run the command line: python -m campaignbook."""

from campaignbook.cli import main

main(prog_name="campaignbook")
