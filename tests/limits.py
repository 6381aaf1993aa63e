"""How long tests wait. No other file of the tests decides on a number of seconds to wait.

A wait ends as soon as its condition holds, so a long limit costs nothing. It only ends a test whose
condition never holds, and must not be reached on a busy machine: waits there take up to twenty
times as long as alone.
"""

from local.provider import control

WAIT_SECONDS = control.WAIT_SECONDS
"""600 s: the limit of each wait for a condition, a response or a program; `timeout` of pytest in
`pyproject.toml`, which ends a whole test, is longer."""

BRIEFLY = 0.2
"""How long a test watches for something that must not happen. Too short a time hides a fault on a
busy machine, but cannot fail a test of code without one."""

TIMEOUT_FACTOR = 20.0
"""`StackOptions.timeout_factor` of the tests' stacks: multiplies real-time limits of local AWS."""
