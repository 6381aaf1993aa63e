"""The objects that responses consist of: each is described once, by its TypedDict.

The function beside a TypedDict makes the object from the domain's record, and mypy checks that the
two agree. The OpenAPI document takes its schemas from the same TypedDicts. They are dictionaries at
run time, so a description costs a request nothing.

A key that is not `NotRequired` is always there, `null` where it has no value.
"""
