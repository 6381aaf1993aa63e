"""The `understudy` command: an operator's commands for a deployment or for `make local`.

One module is one command, and `cli.COMMANDS` lists them. A module's functions do the work and are
called by tests directly; its `command` is their command line.
"""
