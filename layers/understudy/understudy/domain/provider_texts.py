"""Removes from the provider's texts what the clients of a deployment may not see.

One provider account serves all tenants, so its texts may name the account, its keys, addresses and
ids that another tenant's objects have there.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

MAX_TEXT: Final = 500
MAX_CODE: Final = 64
HIDDEN: Final = "…"

OBJECT_ID: Final = r"\b(?:file-|vs_|vsf_|vsfb_|upload_|part_|cntr_|cfile_)[A-Za-z0-9]+"
SECRETS: Final = re.compile(
    r"""
      \b[A-Za-z][A-Za-z0-9+.-]*://\S+                       # an address
    | \barn:aws[\w-]*:\S+
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                          # a mail address
    | \bBearer\s+\S+
    | (?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.]*\w)
    | (?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:])
    | \b[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*:\d{2,5}\b # a host with a port
    | \b(?:[A-Za-z0-9-]+\.)+(?:com|net|org|io|ai|dev|cloud|internal|local|lan|corp|svc)\b(?:/\S*)?
    | \blocalhost\b
    | \beyJ[\w-]+(?:\.[\w-]+)*                              # a token
    | \b(?:sk|pk|rk|org|proj)[-_][\w*.-]*[\w*]
    | \b(?:user|acct|req|resp|ftjob|asst|thread|run|step|msg|call|rs|fc|ci)
      [-_](?=[\w*.-]*\d)[\w*.-]*[\w*]
    | \b(?:AKIA|ASIA)[A-Z0-9]{8,}
    | \b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b
    | \b(?=[A-Fa-f0-9]*\d)[A-Fa-f0-9]{16,}\b
    | \b(?=[A-Za-z]*\d)[A-Za-z0-9]{24,}\b
    | (?-i:\b(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{32,}\b)
    | \b\d{12}\b                                            # an account's number
    | """
    + OBJECT_ID,
    re.VERBOSE | re.IGNORECASE,
)
FORMATS: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories that can change how a line is displayed."""


def without_secrets(text: str, our_ids: Mapping[str, str] | None = None) -> str:
    """Returns the text with `…` in place of ids, keys and addresses.

    The provider's ids that are keys of `our_ids` are replaced with our ids.
    """
    known = our_ids or {}
    return SECRETS.sub(lambda found: known.get(found[0], HIDDEN), text)


def one_line(text: str, longest: int = MAX_TEXT) -> str:
    """Returns the text as one bounded line without control characters."""
    plain = "".join(" " if unicodedata.category(each) in FORMATS else each for each in text)
    line = " ".join(plain.split())
    return line if len(line) <= longest else line[: longest - 1] + HIDDEN


def readable(text: str, longest: int = MAX_TEXT) -> str:
    """Returns one bounded line of text without ids, keys, addresses and control characters."""
    return one_line(without_secrets(one_line(text, 16 * MAX_TEXT)), longest)
