"""Text in files: which encoding and line ends a file has, and the way back that keeps both."""

import codecs
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

_MARKS: Final = (  # the longer ones first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class BinaryFileError(ValueError):
    """The bytes are no text."""


class NotEncodableError(ValueError):
    """A text holds characters that the encoding of its file does not have; the message names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """The text of a file and how it is written: `mark` is its byte order mark, `ends` its usual line end.

    `text` is exact, with the line ends as they are in the file.
    """

    text: str
    encoding: str = "utf-8"
    mark: bytes = b""
    ends: str = "\n"

    @property
    def lines(self) -> str:
        """The text with every CRLF as a newline: what models see and write."""
        return self.text.replace("\r\n", "\n")

    def encode(self, text: str) -> bytes:
        """Return `text` as the bytes of this file. Raises NotEncodableError."""
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            there = sorted(set(text[error.start : error.start + 200]) - set(map(chr, range(256))))
            raise NotEncodableError(
                f"the file is in {self.encoding}, which does not have {' '.join(there[:5])}"
            ) from error

    def with_ends(self, text: str) -> str:
        """Return `text` with this file's usual line ends."""
        text = text.replace("\r\n", "\n")
        return text.replace("\n", "\r\n") if self.ends == "\r\n" else text

    @property
    def described(self) -> str:
        """What a model should know of the way it is written: empty for UTF-8 with newlines."""
        known = []
        if self.encoding != "utf-8":
            known.append(self.encoding)
        elif self.mark:
            known.append("UTF-8 with a byte order mark")
        if self.ends == "\r\n":
            known.append("CRLF line ends")
        return ", ".join(known)


def decode(data: bytes) -> TextFile:
    """Return the text in `data`: marked Unicode, UTF-8, else Latin-1. Raises BinaryFileError for what is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return _text_file(data[len(mark) :].decode(encoding), encoding, mark)
            except UnicodeDecodeError as error:
                raise BinaryFileError(f"it begins as {encoding} text and is none") from error
    if b"\0" in data:
        raise BinaryFileError("it holds zero bytes")
    try:
        return _text_file(data.decode("utf-8"), "utf-8", b"")
    except UnicodeDecodeError as error:
        if _has_controls(data):
            raise BinaryFileError("it holds control characters and is no UTF-8") from error
        return _text_file(data.decode("latin-1"), "latin-1", b"")


_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\r\f\x1b\x08")


def _has_controls(data: bytes) -> bool:
    """Tell whether bytes that are no UTF-8 hold what 8-bit text does not."""
    return len(data.translate(None, _CONTROLS)) != len(data)


def _text_file(text: str, encoding: str, mark: bytes) -> TextFile:
    crlf = text.count("\r\n")
    ends = "\r\n" if crlf > text.count("\n") - crlf else "\n"
    return TextFile(text=text, encoding=encoding, mark=mark, ends=ends)


class Positions:
    """Leads from positions in the text with newlines back to those in the text as it is in the file."""

    def __init__(self, text: str) -> None:
        self._ends: list[int] = []
        at = text.find("\r\n")
        while at >= 0:
            self._ends.append(at - len(self._ends))
            at = text.find("\r\n", at + 2)

    def original(self, position: int) -> int:
        """Return where `position` lies in the original; the place between CR and LF is never meant."""
        return position + bisect_left(self._ends, position)
