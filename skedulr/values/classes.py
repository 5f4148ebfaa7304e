"""Values of users' own classes: enums, dataclasses, pydantic models.

On the wire a class is its import path, ``module:qualified name``. Reading such a path imports
nothing and calls nothing: it is looked up among the modules that are loaded already, by plain
dictionary access, and only a class of the kind expected is taken. So whoever can write to Redis can
choose among the data classes that the program itself has loaded, and no more. What receives such
values must therefore have imported their module; that happens where the jobs are defined.

A class of the program that was started (``__main__``) travels under the name by which others would
import that file. A class that moved is still found where its old module imports it.

- An enum's member is found by its name, a flag by its value.
- A dataclass gets its fields back as they were; neither ``__init__`` nor ``__post_init__`` runs
  again. Fields that the reader's class has gained take their defaults.
- A pydantic model is validated anew, by the names of its fields, so its validators must accept what
  they produce. Private attributes start anew. Where a field holds a type that cannot be packed (a
  URL, a path), the model's own JSON form is taken, if an equal model comes back from it.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable
from enum import Enum, Flag
from functools import cached_property, lru_cache
from pathlib import PurePath
from types import BuiltinFunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from skedulr.errors import NotSerialisable, Undecodable

if TYPE_CHECKING:
    from pydantic import BaseModel

Pack: TypeAlias = Callable[[object], bytes]
"""Packs a value inside another."""

Unpack: TypeAlias = Callable[[bytes], Any]
"""Unpacks a value inside another."""


def is_enum(kind: type) -> bool:
    """Whether the class is an enum; also one whose members are numbers or text."""
    return issubclass(kind, Enum)


def is_dataclass(kind: type) -> bool:
    """Whether the class is a dataclass, and none that is a list, an exception or the like as well.

    Of those the fields are not all, and they cannot be made without their constructor.
    """
    return dataclasses.is_dataclass(kind) and not any(
        isinstance(vars(base).get("__new__"), BuiltinFunctionType) for base in kind.__mro__[:-1]
    )


def is_model(kind: type) -> bool:
    """Whether the class is a model of pydantic 2, which is not imported to find out."""
    base = getattr(sys.modules.get("pydantic"), "BaseModel", None)
    return base is not None and issubclass(kind, base) and hasattr(kind, "model_validate")


def fields_of(value: Any) -> dict[str, Any]:
    """Names and values of the fields of a dataclass's or a model's value."""
    kind: Any = type(value)
    if not is_model(kind):
        return {name: getattr(value, name) for name in _fields(kind) if hasattr(value, name)}
    inner = value.__dict__
    fields = {name: inner[name] for name in kind.model_fields if name in inner}
    return fields | (value.__pydantic_extra__ or {})


def pack_enum(value: Enum, pack: Pack) -> bytes:
    """``[class, member's name]``; of a flag ``[class, value]``."""
    return pack([path_of(type(value)), value.value if isinstance(value, Flag) else value.name])


def unpack_enum(data: bytes, unpack: Unpack) -> Any:
    """The member; raises ``Undecodable`` where the class or the member is not known here."""
    path, member = unpack(data)
    kind = _find(path, is_enum, "an enum")
    if issubclass(kind, Flag):
        return kind(member)
    if member not in kind.__members__:
        raise Undecodable(f"{path} has no member {member!r} here; {_ONE_VERSION}")
    return kind.__members__[member]


def pack_dataclass(value: Any, pack: Pack) -> bytes:
    """``[class, {field: value}]``, without fields that were never set."""
    kind: Any = type(value)
    path = path_of(kind)
    for name in getattr(value, "__dict__", {}).keys() - _fields(kind).keys():
        if not name.startswith("__") and not isinstance(getattr(kind, name, None), cached_property):
            raise NotSerialisable(
                "",
                f"has the attribute {name!r}, which is no field and would be lost",
                "declare it as a field(init=False)",
            )
    return pack([path, fields_of(value)])


def unpack_dataclass(data: bytes, unpack: Unpack) -> Any:
    """The value; raises ``Undecodable`` where its class or its fields are not known here."""
    path, values = unpack(data)
    kind = _find(path, is_dataclass, "a dataclass")
    if unknown := values.keys() - _fields(kind).keys():
        raise Undecodable(f"{path} has no field {min(unknown)!r} here; {_ONE_VERSION}")
    made = object.__new__(kind)
    for field in _fields(kind).values():
        if field.name in values:
            object.__setattr__(made, field.name, values[field.name])
        elif field.default is not dataclasses.MISSING:
            object.__setattr__(made, field.name, field.default)
        elif field.default_factory is not dataclasses.MISSING:
            object.__setattr__(made, field.name, field.default_factory())
        elif field.init:
            raise Undecodable(f"{path} wants the field {field.name!r}, none came; {_ONE_VERSION}")
    return made


def pack_model(model: BaseModel, pack: Pack) -> bytes:
    """``[class, {field: value}, [fields that nobody had set]]``."""
    path, values = path_of(type(model)), fields_of(model)
    unset = sorted(values.keys() - model.model_fields_set)
    try:
        return pack([path, values, unset])
    except NotSerialisable:
        in_json = _in_json(model)
        if in_json is None:
            raise
        return pack([path, in_json, unset])


def unpack_model(data: bytes, unpack: Unpack) -> Any:
    """The model, validated; raises ``Undecodable`` where its class is not known or refuses."""
    path, values, unset = unpack(data)
    kind = _find(path, is_model, "a pydantic model")
    try:
        return _validated(kind, values, unset)
    except Exception as error:
        raise Undecodable(f"{path} refuses the values that came: {error}") from error


def _in_json(model: BaseModel) -> dict[str, Any] | None:
    """The fields in JSON's types; ``None`` if no equal model comes from them, as with secrets."""
    try:
        dumped = model.model_dump(mode="json", round_trip=True, warnings=False)
        values = {"root": dumped} if model.__pydantic_root_model__ else dumped
        return values if _validated(type(model), values) == model else None
    except Exception:  # whatever the model's own code raises, it has no usable JSON form
        return None


def _validated(kind: Any, values: dict[str, Any], unset: Iterable[str] = ()) -> Any:
    if kind.__pydantic_root_model__:
        model = kind.model_validate(values["root"])
    else:
        model = kind.model_validate(values, **_by_name())
    model.model_fields_set.difference_update(unset)
    return model


@lru_cache(maxsize=1)
def _by_name() -> dict[str, bool]:
    """What makes pydantic go by the fields' names; before 2.11 the model itself must allow it."""
    version = tuple(map(int, sys.modules["pydantic"].VERSION.split(".")[:2]))
    return {"by_name": True, "by_alias": False} if version >= (2, 11) else {}


@lru_cache(maxsize=1024)
def _fields(kind: Any) -> dict[str, dataclasses.Field[Any]]:
    return {field.name: field for field in dataclasses.fields(kind)}


@lru_cache(maxsize=1024)
def path_of(kind: type) -> str:
    """The class's import path; raises ``NotSerialisable`` where it leads to another place."""
    module, name = kind.__module__, kind.__qualname__
    if _looked_up(sys.modules.get(module), name) is not kind:
        raise NotSerialisable(
            "",
            f"is of the class {module}.{name}, which cannot be found by that name",
            "define the class at the top of a module",
        )
    if module in _STARTED:
        module = _started_name() or module
    return f"{module}:{name}"


def _find(path: str, fits: Callable[[type], bool], expected: str) -> Any:
    """The class at an import path that came from Redis; see the module's docstring."""
    name, _, qualified_name = path.partition(":")
    module = sys.modules.get(name)
    if module is None and name == _started_name():
        module = sys.modules["__main__"]
    if module is None:
        raise Undecodable(f"{path} is not loaded here; import {name} where the jobs are defined")
    found = _looked_up(module, qualified_name)
    if not isinstance(found, type) or not fits(found):
        raise Undecodable(f"{path} is not {expected} here; {_ONE_VERSION}")
    return found


_ONE_VERSION: Final = "bring producers and workers to one version"


def _looked_up(module: ModuleType | None, qualified_name: str) -> object:
    """What a qualified name means in a module, found without running any code of the module's."""
    scope: Any = vars(module) if module else {}
    if qualified_name in scope:  # as one word: pydantic's Page[shop.Order] holds a dot
        return scope[qualified_name]
    found: object = None
    for part in qualified_name.split("."):
        found = scope.get(part)
        scope = vars(found) if isinstance(found, type) else {}
    return found


_STARTED: Final = ("__main__", "__mp_main__")


def _started_name() -> str | None:
    """The name by which others would import the file that this process was started with."""
    main = sys.modules["__main__"]
    if spec := getattr(main, "__spec__", None):
        name: str = spec.name
        return name
    file = getattr(main, "__file__", None)
    return PurePath(file).stem if file else None
