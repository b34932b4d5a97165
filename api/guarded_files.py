"""Guarded files: what the service believes is written by its owner alone, and so is the folder that it lies in.

Whoever can exchange the key set can be anybody; whoever can empty the erasure journal brings the erased back.
"""

import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def unguarded(files: Iterable[Path]) -> list[str]:
    """Return what is wrong with files that are there: each names one that others can write or exchange."""
    return [f"{file} can be {how}" for file in files if (how := _how(file))]


def _how(file: Path) -> str | None:
    try:
        real = file.resolve(strict=True)
        if real.stat().st_mode & _OTHERS:
            return "written by others: take that right from its group and from everybody (chmod go-w)"
        # Links too: whoever can write beside one can put another in its place.
        if any(_open_to_all(folder) for folder in {file.absolute().parent, real.parent}):
            return "exchanged by others: its folder can be written by them"
    except OSError:
        return None  # whoever reads it says so
    return None


def _open_to_all(folder: Path) -> bool:
    mode = folder.stat().st_mode
    return bool(mode & _OTHERS) and not mode & stat.S_ISVTX
