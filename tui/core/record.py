"""Dataclasses made cheap to define: what they share is written once, the rest at first use.

`dataclass` compiles several methods for every class, half a millisecond each; with two hundred classes that would be
a third of the program's start, and most of them are not used by then. ``@record`` and ``@mutable`` give a class its
slots at once and let `dataclasses` make its ``__init__`` and fields when the first instance is made or somebody asks
for the fields.
"""

import inspect
import threading
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields
from typing import Any, ClassVar, Final, TypeVar, dataclass_transform, get_origin, overload

_T = TypeVar("_T")

_FIELDS: Final = "__dataclass_fields__"
_LATER: Final = ("__init__", "__dataclass_params__", "__match_args__")
_NOT_COPIED: Final = frozenset({"__dict__", "__weakref__"})
_MAKING: Final = threading.RLock()
"""Held while a class gets its methods: threads may make their first instances at the same time."""


class _FieldsAtFirstUse:
    """Stands where the fields of a class will be."""

    def __get__(self, instance: object, owner: type) -> Any:
        if "_definition" not in owner.__dict__:
            raise AttributeError(_FIELDS)
        with _MAKING:
            known: dict[str, Any] | None = owner.__dict__.get(_FIELDS)
            return _fields_of(owner) if known is None else known


def _fields_of(owner: type) -> dict[str, Any]:
    definition, kw_only = owner.__dict__["_definition"]
    made = dataclass(frozen=issubclass(owner, Record), kw_only=kw_only, eq=False, repr=False)(definition)
    for name in _LATER:
        setattr(owner, name, made.__dict__[name])
    real_fields = {item.name: item for item in fields(made)}  # without those of the class itself
    type.__setattr__(owner, _FIELDS, real_fields)
    return real_fields


class _Fields:  # noqa: PLW1641 - only what cannot change has a hash
    """Equality and representation by fields."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]] = _FieldsAtFirstUse()  # type: ignore[assignment]  # for a while

    def __init__(self, *values: Any, **named: Any) -> None:
        _ = self.__dataclass_fields__  # from here on the class has an initialiser of its own
        type(self).__init__(self, *values, **named)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__dataclass_fields__)

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
        return f"{self.__class__.__qualname__}({told})"


class Record(_Fields):
    """Immutable values with equality, hash and representation by fields. Subclasses are decorated with `record`."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __hash__(self) -> int:
        return hash((self.__class__, *(getattr(self, name) for name in self.__dataclass_fields__)))


class Mutable(_Fields):
    """Values that change, with equality and representation by fields. Subclasses are decorated with `mutable`."""

    __slots__ = ()


@overload
def record(definition: type[_T], /) -> type[_T]: ...
@overload
def record(*, kw_only: bool) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(eq_default=False, kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(definition: type[_T] | None = None, /, *, kw_only: bool = True) -> Any:
    """Make a subclass of `Record` from its annotations, as ``dataclass(frozen, slots, kw_only)`` would."""
    if definition is None:
        return lambda definition: _slotted(definition, kw_only=kw_only)
    return _slotted(definition, kw_only=kw_only)


@overload
def mutable(definition: type[_T], /) -> type[_T]: ...
@overload
def mutable(*, kw_only: bool) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(eq_default=False, kw_only_default=False, field_specifiers=(field,))
def mutable(definition: type[_T] | None = None, /, *, kw_only: bool = False) -> Any:
    """Make a subclass of `Mutable` from its annotations, as ``dataclass(slots)`` would."""
    if definition is None:
        return lambda definition: _slotted(definition, kw_only=kw_only)
    return _slotted(definition, kw_only=kw_only)


def _slotted(definition: type[_T], *, kw_only: bool) -> type[_T]:
    names = tuple(name for name, hint in inspect.get_annotations(definition).items() if not _of_class(hint))
    namespace = {
        name: value for name, value in definition.__dict__.items() if name not in names and name not in _NOT_COPIED
    }
    namespace |= {"__slots__": names, "_definition": (definition, kw_only), "__qualname__": definition.__qualname__}
    return type(definition.__name__, definition.__bases__, namespace)


def _of_class(hint: Any) -> bool:
    return get_origin(hint) in (ClassVar,)
