"""What an export may be called: its name is the prefix of C names, a header and the folder of a library."""

import re

from firmware.core import KERNELS

_LIMIT = 63  # of a library's folder: Arduino library specification

# C11 section 6.4.1 and C++20 section 5.11.
_KEYWORDS = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class
    co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default
    delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int long
    mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register
    reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch
    template this thread_local throw true try typedef typeid typename union unsigned using virtual void volatile
    wchar_t while xor xor_eq"""
# C11 section 7.1.2: NAME.h would stand before one of these on the compiler's path.
_HEADERS = """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic
    stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype Arduino"""


class ExportError(ValueError):
    """Why there is no export, in one line."""


def check_name(name: str) -> None:
    """Raise ExportError unless `name` can be the prefix of C names and files."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        usable = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_0123456789") or "model"
        raise ExportError(f"NAME: {name!r} is not a C identifier that starts with a letter; NAME={usable} is one")
    if name in _KEYWORDS.split():
        raise ExportError(f"NAME: {name!r} is a word of C or C++; NAME={name}_model is free")
    if name in _HEADERS.split() or (KERNELS / f"{name}.h").exists():
        raise ExportError(f"NAME: {name}.h is a header of the platform or of the kernels; NAME={name}_model is free")
    if len(name) > _LIMIT:
        raise ExportError(f"NAME: {name!r} has {len(name)} letters, at most {_LIMIT} are possible")
