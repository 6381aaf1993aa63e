"""Runs the function that Lambda names in `_HANDLER`."""

from understudy.streaming.runtime import main

main()
