"""What is told of an unexpected error: Python's traceback, without local variables, keys and control characters."""

import os
import traceback

from tui.core.secret_names import Strength, name_strength
from tui.core.secrets import mask, register
from tui.core.untrusted import clean


def crash_report(error: BaseException) -> str:
    """Return the traceback of `error` as it may be printed.

    A crash can come before anybody has said what is a secret, so every variable of the environment whose name says
    that it holds one is taken for one.
    """
    register(value for name, value in os.environ.items() if name_strength(name) >= Strength.RANDOM)
    return clean(mask("".join(traceback.format_exception(error))))
