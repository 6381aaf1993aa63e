"""CloudFormation's intrinsic functions, as far as they do not refer to resources."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_SUB_NAME = re.compile(r"\$\{([^!${}][^${}]*)\}")
_NO_VALUE = {"Ref": "AWS::NoValue"}

Lookup = Callable[[str, str | None], Any]
"""Returns the value of a logical id and an attribute (None for Ref), or None if it is unknown."""


def substitute(node: Any, lookup: Lookup) -> Any:
    """Returns a copy with the references that `lookup` knows replaced, also inside Fn::Sub."""
    match node:
        case {"Ref": str(name)} if len(node) == 1:
            value = lookup(name, None)
            return node if value is None else value
        case {"Fn::GetAtt": [str(name), str(attribute)]} if len(node) == 1:
            value = lookup(name, attribute)
            return node if value is None else value
        case {"Fn::Sub": given} if len(node) == 1:
            return _substitute_text(given, lookup)
        case {"Fn::Join": [str(separator), list(parts)]} if len(node) == 1:
            parts = [substitute(part, lookup) for part in parts]
            whole = all(isinstance(part, str) for part in parts)
            return separator.join(parts) if whole else {"Fn::Join": [separator, parts]}
        case {"Fn::Split": [str(separator), given]} if len(node) == 1:
            text = substitute(given, lookup)
            return (
                text.split(separator) if isinstance(text, str) else {"Fn::Split": [separator, text]}
            )
        case dict():
            return {key: substitute(value, lookup) for key, value in node.items()}
        case list():
            return [substitute(value, lookup) for value in node]
    return node


def _substitute_text(given: Any, lookup: Lookup) -> Any:
    text, own = (given, {}) if isinstance(given, str) else given
    own = {name: substitute(value, lookup) for name, value in own.items()}

    def replace(found: re.Match[str]) -> str:
        name, _, attribute = found[1].strip().partition(".")
        value = own.get(found[1]) if found[1] in own else lookup(name, attribute or None)
        return value if isinstance(value, str) else found[0]

    text = _SUB_NAME.sub(replace, text)
    if not _SUB_NAME.search(text):
        return text.replace("${!", "${")
    return {"Fn::Sub": [text, own] if own else text}


class Conditions:
    """The conditions of a template."""

    def __init__(self, declared: Mapping[str, Any]) -> None:
        """`declared` is the section Conditions with its parameters substituted."""
        self._declared = declared

    def holds(self, name: str | None) -> bool:
        """Returns whether a condition is true; None, for a resource without one, always is."""
        return name is None or self._truth(self._declared[name])

    def prune(self, node: Any) -> Any:
        """Returns a copy with each Fn::If replaced by its branch and without AWS::NoValue."""
        match node:
            case {"Fn::If": [str(condition), one, other]} if len(node) == 1:
                return self.prune(one if self.holds(condition) else other)
            case dict():
                pruned = {key: self.prune(value) for key, value in node.items()}
                return {key: value for key, value in pruned.items() if value != _NO_VALUE}
            case list():
                return [value for item in node if (value := self.prune(item)) != _NO_VALUE]
        return node

    def existing(self, section: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Returns the resources or outputs whose condition is true."""
        return {
            name: {key: value for key, value in self.prune(declared).items() if key != "Condition"}
            for name, declared in section.items()
            if self.holds(declared.get("Condition"))
        }

    def _truth(self, node: Any) -> bool:
        match node:
            case {"Fn::Equals": [one, other]}:
                return str(one) == str(other)  # parameters are strings, numbers too
            case {"Fn::Not": [one]}:
                return not self._truth(one)
            case {"Fn::And": list(parts)}:
                return all(self._truth(part) for part in parts)
            case {"Fn::Or": list(parts)}:
                return any(self._truth(part) for part in parts)
            case {"Condition": str(name)}:
                return self.holds(name)
        raise ValueError(f"unsupported condition: {node}")
