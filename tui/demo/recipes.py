"""Small functions the stand-in knows by heart: correct, tested code for the usual first requests."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A function: words that ask for it, its code, a test, what it costs, and where it could go wrong."""

    words: tuple[str, ...]
    name: str
    does: str
    code: str
    test: str
    cost: str
    edges: tuple[tuple[str, str], ...]


RECIPES: Final[tuple[Recipe, ...]] = (
    Recipe(
        words=("merge", "sorted"),
        name="merge_sorted",
        does="walks both lists once and always takes the smaller head",
        code='''def merge_sorted(left: list[int], right: list[int]) -> list[int]:
    """Merge two ascending lists into one ascending list."""
    merged: list[int] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    return merged + left[i:] + right[j:]''',
        test="""import pytest

@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [([], [], []), ([1], [], [1]), ([1, 3], [2, 4], [1, 2, 3, 4]), ([1, 1], [1], [1, 1, 1])],
)
def test_merge_sorted(left, right, expected):
    assert merge_sorted(left, right) == expected""",
        cost="O(n + m) time, O(n + m) space",
        edges=(("one list is empty", "the other comes back"), ("equal values", "`<=` keeps the left one first")),
    ),
    Recipe(
        words=("fibonacci", "fib"),
        name="fibonacci",
        does="keeps the last two numbers and adds them",
        code='''def fibonacci(n: int) -> int:
    """Return the n-th Fibonacci number, with fibonacci(0) == 0."""
    if n < 0:
        raise ValueError("n must not be negative")
    previous, current = 0, 1
    for _ in range(n):
        previous, current = current, previous + current
    return previous''',
        test="""import pytest

@pytest.mark.parametrize(("n", "expected"), [(0, 0), (1, 1), (2, 1), (10, 55), (90, 2880067194370816120)])
def test_fibonacci(n, expected):
    assert fibonacci(n) == expected

def test_fibonacci_refuses_negative_numbers():
    with pytest.raises(ValueError):
        fibonacci(-1)""",
        cost="O(n) additions, two numbers of memory",
        edges=(("n = 0", "no loop at all: 0"), ("n < 0", "`ValueError` instead of a silent 0")),
    ),
    Recipe(
        words=("palindrome",),
        name="is_palindrome",
        does="compares the letters with themselves in reverse",
        code='''def is_palindrome(text: str) -> bool:
    """Whether text reads the same in both directions, ignoring case and everything but letters and digits."""
    letters = [character for character in text.casefold() if character.isalnum()]
    return letters == letters[::-1]''',
        test="""def test_is_palindrome():
    assert is_palindrome("A man, a plan, a canal: Panama!")
    assert is_palindrome("")
    assert not is_palindrome("LLMMixer")""",
        cost="O(n) time and space",
        edges=(("the empty text", "counts as one"), ("ß and SS", "`casefold` makes them equal")),
    ),
    Recipe(
        words=("prime", "primes", "sieve"),
        name="primes_below",
        does="crosses out multiples, starting at each prime's square",
        code='''def primes_below(limit: int) -> list[int]:
    """Return all primes smaller than limit."""
    if limit < 3:
        return []
    is_prime = bytearray([1]) * limit
    is_prime[0:2] = b"\\0\\0"
    for number in range(2, int(limit**0.5) + 1):
        if is_prime[number]:
            is_prime[number * number :: number] = bytes(len(range(number * number, limit, number)))
    return [number for number in range(limit) if is_prime[number]]''',
        test="""def test_primes_below():
    assert primes_below(2) == []
    assert primes_below(3) == [2]
    assert primes_below(30) == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
    assert len(primes_below(10_000)) == 1229""",
        cost="O(n log log n) time, n bytes",
        edges=(("limit 2", "2 itself is not below 2"), ("squares such as 25", "the slice starts at the square")),
    ),
    Recipe(
        words=("duplicate", "duplicates", "dedupe", "deduplicate", "unique"),
        name="unique",
        does="remembers what it has seen, and dictionaries keep their order",
        code='''from collections.abc import Hashable, Iterable
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

def unique(items: Iterable[T]) -> list[T]:
    """Return items without repetitions, in the order of their first appearance."""
    return list(dict.fromkeys(items))''',
        test="""def test_unique_keeps_the_first_order():
    assert unique([3, 1, 3, 2, 1]) == [3, 1, 2]
    assert unique([]) == []
    assert unique("banana") == ["b", "a", "n"]""",
        cost="O(n) time and space",
        edges=(("unhashable items", "`TypeError`; compare by a key instead"), ("1 and True", "are equal, so one goes")),
    ),
    Recipe(
        words=("flatten", "nested"),
        name="flatten",
        does="hands out leaves and goes down into lists",
        code='''from collections.abc import Iterator
from typing import Any

def flatten(value: Any) -> Iterator[Any]:
    """Yield the leaves of nested lists, from left to right."""
    if isinstance(value, list):
        for item in value:
            yield from flatten(item)
    else:
        yield value''',
        test="""def test_flatten():
    assert list(flatten([1, [2, [3, []], "ab"]])) == [1, 2, 3, "ab"]
    assert list(flatten([])) == []""",
        cost="O(n) time, memory for the depth",
        edges=(("text", "stays whole: only lists are opened"), ("very deep nesting", "hits the recursion limit")),
    ),
    Recipe(
        words=("chunk", "chunks", "batch", "batches"),
        name="batched",
        does="takes slices off one iterator until there is nothing left",
        code='''from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most size items; only the last may be shorter."""
    if size < 1:
        raise ValueError("size must be at least 1")
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch''',
        test="""import pytest

def test_batched():
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batched([], 3)) == []

def test_batched_refuses_an_empty_size():
    with pytest.raises(ValueError):
        list(batched([1], 0))""",
        cost="O(n) time, one batch of memory",
        edges=(("size 0", "would loop for ever, so it is refused"), ("generators", "are read once and lazily")),
    ),
    Recipe(
        words=("word", "words", "frequency", "frequencies"),
        name="count_words",
        does="cuts the text into words and counts equal ones",
        code='''import re
from collections import Counter

def count_words(text: str) -> Counter[str]:
    """Count the words of text, ignoring case."""
    return Counter(re.findall(r"[\\w']+", text.casefold()))''',
        test="""def test_count_words():
    assert count_words("To be, or not to be").most_common(2) == [("to", 2), ("be", 2)]
    assert not count_words(" ... ")""",
        cost="O(n) time, one entry a distinct word",
        edges=(("apostrophes", "*don't* stays one word"), ("日本語", "has no blanks: one run counts as one word")),
    ),
    Recipe(
        words=("retry", "retries", "backoff"),
        name="retry",
        does="waits longer after each failure, with jitter, and gives up with the last error",
        code='''import random
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

def retry(call: Callable[[], T], attempts: int = 3, base: float = 0.5, sleep=time.sleep) -> T:
    """Return call(), trying again after OSError up to attempts times in all."""
    for attempt in range(1, attempts + 1):
        try:
            return call()
        except OSError:
            if attempt == attempts:
                raise
            sleep(random.uniform(0, base * 2**attempt))
    raise ValueError("attempts must be at least 1")''',
        test="""def test_retry_returns_the_first_success():
    results = [OSError("down"), OSError("down"), "fine"]
    def call():
        result = results.pop(0)
        if isinstance(result, OSError):
            raise result
        return result
    assert retry(call, sleep=lambda _: None) == "fine"
    assert results == []""",
        cost="at most `attempts` calls",
        edges=(
            ("a programming error", "is not retried: only `OSError` is"),
            ("the last failure", "keeps its traceback"),
        ),
    ),
    Recipe(
        words=("reverse", "reversed"),
        name="reverse_words",
        does="splits at blanks, turns the list round and joins it again",
        code='''def reverse_words(text: str) -> str:
    """Return text with its words in reverse order, separated by single blanks."""
    return " ".join(reversed(text.split()))''',
        test="""def test_reverse_words():
    assert reverse_words("one two  three") == "three two one"
    assert reverse_words("") == ""
""",
        cost="O(n) time and space",
        edges=(("several blanks", "collapse to one"), ("the empty text", "stays empty")),
    ),
)
