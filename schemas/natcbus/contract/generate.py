"""Writes the Python types from the schemas: ``python -m natcbus.contract.generate``.

The .avsc files are the source; the modules in ``types/`` are generated, committed, and kept in step
by a test. Each record becomes a frozen dataclass, each enum a StrEnum, and each knows the native
form of the codec.
"""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from natcbus.contract.assembly import Json, Named, collect, fields_of, full_name
from natcbus.contract.catalogue import load_catalogue

_HEAD: Final = '''"""{doc}

Generated from the .avsc files by ``python -m natcbus.contract.generate``: do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
{dates}{enum}from typing import Any, Self
{imports}
Native = dict[str, Any]
"""What the Avro codec hands over; checked by the codec, typed from here on."""

'''
_SCALARS: Final = {
    "null": "None",
    "boolean": "bool",
    "int": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "bytes": "bytes",
    "string": "str",
}
_LOGICAL: Final = {"timestamp-millis": "datetime", "date": "date"}


def generate() -> dict[str, str]:
    """The generated modules, by file name in ``types/``."""
    catalogue = load_catalogue()
    homes = {"natcbus.core": "core", "natcbus.hub": "hub"}
    homes |= {f"natcbus.{name}.v1": name for name in catalogue.types}
    named = dict(catalogue.named)
    for event_type in catalogue.types.values():
        for schema in (
            event_type.open,
            *(each.schema for each in event_type.compartments.values()),
        ):
            named |= collect([schema.definition])
    return {f"{home}.py": _module(namespace, named, homes) for namespace, home in homes.items()}


def write(folder: Path) -> None:
    """Writes the generated modules into ``folder``."""
    for name, text in generate().items():
        (folder / name).write_text(text, encoding="utf-8")


def _module(namespace: str, named: Named, homes: Mapping[str, str]) -> str:
    own = {name: schema for name, schema in named.items() if schema["namespace"] == namespace}
    body = "\n\n".join(_class(schema, named) for schema in _in_order(own))
    others = sorted(
        (homes[str(named[name]["namespace"])], str(named[name]["name"]))
        for name in set(_references(own, namespace))
        if name not in own and named[name]["type"] != "fixed"
    )
    lines = [_import(module, others) for module in sorted({module for module, _ in others})]
    used = [
        kind
        for kind in ("date", "datetime")
        if re.search(rf"^    \w+: .*\b{kind}\b", body, re.MULTILINE)
    ]
    return (
        _HEAD.format(
            doc=f"The records of ``{namespace}``.",
            dates=f"from datetime import {', '.join(used)}\n" if used else "",
            enum="from enum import StrEnum\n" if "StrEnum" in body else "",
            imports="\n" + "\n".join(lines) + "\n" if lines else "",
        )
        + "\n"
        + body
        + "\n"
    )


def _import(module: str, names: list[tuple[str, str]]) -> str:
    wanted = ", ".join(name for home, name in names if home == module)
    return f"from natcbus.contract.types.{module} import {wanted}"


def _in_order(own: Named) -> Iterator[dict[str, Json]]:
    """Definitions after what they use: dataclass defaults are evaluated at import."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[dict[str, Json]]:
        if name in own and name not in done:
            done.add(name)
            for used in _references({name: own[name]}, str(own[name]["namespace"])):
                yield from visit(used)
            if own[name]["type"] != "fixed":
                yield own[name]

    for name in sorted(own):
        yield from visit(name)


def _references(schemas: Named, namespace: str) -> Iterator[str]:
    for schema in schemas.values():
        for field in fields_of(schema):
            yield from (name for name in _names(field["type"], namespace))


def _names(schema: Json, namespace: str) -> Iterator[str]:
    if isinstance(schema, str):
        if schema not in _SCALARS:
            yield full_name(schema, namespace)
    elif isinstance(schema, list):
        for branch in schema:
            yield from _names(branch, namespace)
    elif isinstance(schema, dict):
        if "name" in schema:
            yield full_name(str(schema["name"]), str(schema.get("namespace", namespace)))
        elif "items" in schema:
            yield from _names(schema["items"], namespace)


def _class(schema: dict[str, Json], named: Named) -> str:
    return _enum(schema) if schema["type"] == "enum" else _record(schema, named)


def _enum(schema: dict[str, Json]) -> str:
    symbols = schema["symbols"]
    lines = (
        [f'    {symbol} = "{symbol}"' for symbol in symbols] if isinstance(symbols, list) else []
    )
    return "\n".join([f"class {schema['name']}(StrEnum):", _docstring(schema), "", *lines, ""])


def _docstring(schema: dict[str, Json]) -> str:
    text = str(schema.get("doc", f"See {schema['namespace']}.{schema['name']}."))
    return f'    """{text}"""'


def _record(schema: dict[str, Json], named: Named) -> str:
    namespace = str(schema["namespace"])
    fields = [(str(field["name"]), field) for field in fields_of(schema)]
    lines = [
        "@dataclass(frozen=True, slots=True, kw_only=True)",
        f"class {schema['name']}:",
        _docstring(schema),
        "",
    ]
    for name, field in fields:
        annotation = _annotation(field["type"], namespace, named)
        lines.append(f"    {_attribute(name)}: {annotation}{_default(field)}")
        if "doc" in field:
            lines.append(f'    """{field["doc"]}"""')
    lines += ["", "    @classmethod", "    def from_native(cls, native: Native) -> Self:"]
    lines += ['        """The record of the codec\'s native form."""', "        return cls("]
    for name, field in fields:
        value = _from(f'native["{name}"]', field["type"], namespace, named)
        lines.append(f"            {_attribute(name)}={value},")
    lines += [
        "        )",
        "",
        "    def to_native(self) -> Native:",
        '        """The codec\'s native form."""',
        "        return {",
    ]
    for name, field in fields:
        value = _to(f"self.{_attribute(name)}", field["type"], namespace, named)
        lines.append(f'            "{name}": {value},')
    lines += ["        }", ""]
    return "\n".join(lines)


def _attribute(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _resolve(schema: Json, namespace: str, named: Named) -> dict[str, Json] | None:
    names = (
        list(_names(schema, namespace)) if not isinstance(schema, dict) or "name" in schema else []
    )
    return named.get(names[0]) if names and not isinstance(schema, list) else None


def _annotation(schema: Json, namespace: str, named: Named) -> str:
    definition = _resolve(schema, namespace, named)
    if definition is not None:
        return "bytes" if definition["type"] == "fixed" else str(definition["name"])
    if isinstance(schema, list):
        inner = [_annotation(branch, namespace, named) for branch in schema if branch != "null"]
        return " | ".join([*inner, "None"])
    if isinstance(schema, dict):
        if schema["type"] == "array":
            return f"tuple[{_annotation(schema['items'], namespace, named)}, ...]"
        return _LOGICAL.get(str(schema.get("logicalType")), _SCALARS[str(schema["type"])])
    return _SCALARS[str(schema)]


def _default(field: dict[str, Json]) -> str:
    if "default" not in field:
        return ""
    value, kind = field["default"], field["type"]
    if value == []:
        return " = ()"
    if isinstance(kind, dict) and kind.get("type") == "enum":
        return f" = {kind['name']}.{value}"
    if isinstance(kind, str) and isinstance(value, str) and kind not in _SCALARS:
        return f" = {kind.rsplit('.', 1)[-1]}.{value}"
    return f' = "{value}"' if isinstance(value, str) else f" = {value!r}"


def _conversion(schema: Json, namespace: str, named: Named) -> str:
    """What a value of ``schema`` takes: nothing, or an enum, record, list or optional."""
    definition = _resolve(schema, namespace, named)
    if definition is not None:
        return {"enum": "enum", "record": "record"}.get(str(definition["type"]), "")
    if isinstance(schema, list):
        inner = next(branch for branch in schema if branch != "null")
        return "optional" if _conversion(inner, namespace, named) else ""
    return "list" if isinstance(schema, dict) and schema["type"] == "array" else ""


def _from(value: str, schema: Json, namespace: str, named: Named) -> str:
    match _conversion(schema, namespace, named), schema:
        case "enum", _:
            return f"{_annotation(schema, namespace, named)}({value})"
        case "record", _:
            return f"{_annotation(schema, namespace, named)}.from_native({value})"
        case "optional", list() as branches:
            inner = next(branch for branch in branches if branch != "null")
            return f"None if {value} is None else {_from(value, inner, namespace, named)}"
        case "list", {"items": items}:
            plain = not _conversion(items, namespace, named)
            return (
                f"tuple({value})"
                if plain
                else f"tuple({_from('item', items, namespace, named)} for item in {value})"
            )
    return value


def _to(value: str, schema: Json, namespace: str, named: Named) -> str:
    match _conversion(schema, namespace, named), schema:
        case "enum", _:
            return f"{value}.value"
        case "record", _:
            return f"{value}.to_native()"
        case "optional", list() as branches:
            inner = next(branch for branch in branches if branch != "null")
            return f"None if {value} is None else {_to(value, inner, namespace, named)}"
        case "list", {"items": items}:
            plain = not _conversion(items, namespace, named)
            return (
                f"list({value})"
                if plain
                else f"[{_to('item', items, namespace, named)} for item in {value}]"
            )
    return value


if __name__ == "__main__":
    write(Path(__file__).parent / "types")
    sys.stdout.write("types/ written\n")
