"""JSON values that fit a schema, with what the message says where a name or value matches."""

import re
from collections.abc import Iterator
from typing import Any

from local.provider.test_model.prompt import Json

_CANDIDATE = re.compile(
    r"""(?<!\w)(?P<q>["'])(?P<quoted>[^"'\n]+)(?P=q)(?!\w)
    |(?P<name>(?<![.!?\n]\s)(?<!^)\b[A-Z][\w'-]*(?:\s[A-Z][\w'-]*)*)
    |(?P<token>(?<![\w.@-])[\w.@:/+-]*[\d@][\w.@:/+-]*[\w%])
    |(?P<digit>(?<!\w)\d(?!\w))""",
    re.X,
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NO = {"no", "not", "without", "never", "disable", "off", "false"}
_NO_VALUE = object()


def arguments_for(parameters: Json, text: str) -> Json:
    """Return arguments for a function: all that are required, and those that the text gives."""
    value = value_for({**parameters, "type": "object"}, text)
    return dict(value)


def value_for(schema: Json, text: str, default: str = "") -> Any:
    """Return a value that fits the schema; a string without a match is `default` or the text."""
    return _Filler(schema, text, default or text).value("", schema, required=True)


class _Filler:
    """One traversal of a schema. Each candidate of the text is used once, in order."""

    def __init__(self, root: Json, text: str, default: str) -> None:
        self._root = root
        self._text = text
        self._default = default
        self._unused = [
            next(group for key, group in found.groupdict().items() if group and key != "q")
            for found in _CANDIDATE.finditer(text)
        ]
        self._unused = [each for each in self._unused if each != "I"]

    def value(self, name: str, schema: Json, *, required: bool) -> Any:
        """Return the value of a property, or `_NO_VALUE` for an optional one not in the text."""
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            mentioned = list(self._mentioned(schema["enum"]))
            if mentioned or required:
                return (mentioned or schema["enum"])[0]
            return _NO_VALUE
        kinds = schema.get("type") or ("object" if "properties" in schema else "string")
        kind = kinds if isinstance(kinds, str) else next((k for k in kinds if k != "null"), "null")
        match kind:
            case "object":
                return self._object(name, schema, required=required)
            case "array":
                return self._array(name, schema, required=required)
            case "boolean":
                return self._boolean(name, required=required)
            case "integer" | "number":
                return self._number(name, schema, kind, required=required)
            case "null":
                return None
        return self._string(name, schema, required=required)

    def _object(self, name: str, schema: Json, *, required: bool) -> Any:
        needed = schema.get("required") or []
        properties = schema.get("properties") or {}
        filled = {}
        for key in sorted(properties, key=lambda key: key not in needed):
            value = self.value(key, properties[key], required=required and key in needed)
            if value is not _NO_VALUE:
                filled[key] = value
        if not required and set(needed) - set(filled):
            if not filled:
                return _NO_VALUE
            for key in set(needed) - set(filled):
                filled[key] = self.value(key, properties.get(key) or {}, required=True)
        if not filled and not required and name:
            return _NO_VALUE
        return {key: filled[key] for key in properties if key in filled}

    def _array(self, name: str, schema: Json, *, required: bool) -> Any:
        items = self._resolved(schema.get("items") or {})
        found: list[Any] = []
        if items.get("enum"):
            found = list(self._mentioned(items["enum"]))
        elif listed := self._labelled(name, r"([^.;!?\n]+)"):
            parts = [part.strip(" \"'") for part in re.split(r",|\band\b", listed)]
            numeric = items.get("type") in {"integer", "number"}
            found = [_as_number(p, items["type"]) for p in parts] if numeric else parts
        else:
            while (item := self.value("", items, required=False)) is not _NO_VALUE:
                found.append(item)
        while len(found) < (schema.get("minItems") or 0):
            found.append(self.value("", items, required=True))
        if not found and not required:
            return _NO_VALUE
        return found[: schema.get("maxItems")]

    def _boolean(self, name: str, *, required: bool) -> Any:
        label = _label(name)
        found = re.search(rf"(\w+)?\s*\b{label}\b", self._text, re.I) if label else None
        if found is None:
            return True if required else _NO_VALUE
        return (found.group(1) or "").lower() not in _NO

    def _number(self, name: str, schema: Json, kind: str, *, required: bool) -> Any:
        given = self._labelled(name, r"(-?\d+(?:\.\d+)?)")
        given = given or self._take(lambda each: _NUMBER.fullmatch(each) is not None)
        if given is None and not required:
            return _NO_VALUE
        value: Any = _as_number(given, kind) if given else schema.get("minimum", 1)
        value = min(schema.get("maximum", value), value)
        return max(schema.get("minimum", value), value)

    def _string(self, name: str, schema: Json, *, required: bool) -> Any:
        quoted = self._labelled(name, r"[\"']([^\"'\n]+)[\"']")
        given = quoted or self._labelled(name, r"([\w.@:/+-]*[\w])")
        given = given or self._take(lambda _: True)
        if given is None:
            if not required:
                return _NO_VALUE
            given = self._default
        return given[: schema.get("maxLength")].ljust(schema.get("minLength") or 0, "x")

    def _labelled(self, name: str, value: str) -> str | None:
        """Return what follows the property's name: `city: Oslo`, `city is Oslo`, `city "Oslo"`."""
        if not (label := _label(name)):
            return None
        separator = r"\s*(?:\bis\b|\bare\b|=|:)\s*|\s+(?=[\"'A-Z\d-])"
        found = re.search(rf"\b(?i:{label})\b(?:{separator}){value}", self._text)
        if found is None:
            return None
        given = found.group(1)
        self._unused = [each for each in self._unused if each not in given]
        return given

    def _mentioned(self, values: list[Any]) -> Iterator[Any]:
        for value in values:
            if re.search(rf"(?<!\w){re.escape(str(value))}(?!\w)", self._text, re.I):
                self._unused = [e for e in self._unused if e.lower() != str(value).lower()]
                yield value

    def _take(self, fits: Any) -> str | None:
        for index, each in enumerate(self._unused):
            if fits(each):
                return self._unused.pop(index)
        return None

    def _resolved(self, schema: Json) -> Json:
        if reference := schema.get("$ref"):
            found: Any = self._root
            for key in str(reference).removeprefix("#/").split("/"):
                found = found.get(key) or {}
            return self._resolved(found)
        for union in ("anyOf", "oneOf"):
            if schema.get(union):
                some = [each for each in schema[union] if each.get("type") != "null"]
                return self._resolved((some or schema[union])[0])
        return schema


def _label(name: str) -> str:
    parts = [re.escape(part) for part in re.findall(r"[A-Za-z][a-z]*|\d+", name)]
    return parts[0] + "".join(rf"(?:[\s_-]?{part})?" for part in parts[1:]) if parts else ""


def _as_number(text: str, kind: str) -> float | int:
    found = _NUMBER.search(text)
    number = float(found.group()) if found else 0.0
    return int(number) if kind == "integer" or number.is_integer() else number
