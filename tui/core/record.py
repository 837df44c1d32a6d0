"""The base of the vocabulary's frozen dataclasses: what they share, written once.

`dataclass` compiles six methods for every class; with a hundred classes that is a tenth of the program's start. What
does not depend on the fields is inherited from here instead: ``@dataclass(..., eq=False, repr=False)``.
"""

from typing import Any, ClassVar


class Record:
    """Equality, hash and representation by fields."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__dataclass_fields__)

    def __hash__(self) -> int:
        return hash((self.__class__, *(getattr(self, name) for name in self.__dataclass_fields__)))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
        return f"{self.__class__.__qualname__}({fields})"
