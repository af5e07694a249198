"""Writing study.toml, and leaving alone one that the user has written."""

import logging
from collections.abc import Mapping
from pathlib import Path

import tomli_w

from augury.errors import InputError
from augury.files import write_atomically
from augury.inside import check_plain, is_there, read_plain
from augury.records.plan import Plan
from augury.study.planning.settings import StudySettings, read_settings


def write_study_file(file: Path, settings: StudySettings, old: Plan | None) -> None:
    """Write `settings` to study.toml, unless the user has written one: that stays as it is.

    old: the study's plan so far, None for a new study. A warning is logged where the file that
    stays says something else than `settings`.
    """
    if not is_there(file) or _is_ours(file, old):
        write_atomically(file, _toml(settings.to_dict()))
    elif not _says(file, settings):
        logging.getLogger("augury").warning(
            "%s: stays as it is, as augury has not written it; plan.json has the study's settings",
            file,
        )


def _is_ours(file: Path, old: Plan | None) -> bool:
    """Whether the file is, to the byte, as augury writes it: no comment or layout would be lost."""
    try:
        content = read_plain(file)
        if old is not None and content == _toml(old.settings):
            return True
        return content == _toml(read_settings(file, None, {}).to_dict())
    except InputError:
        return False


def _says(file: Path, settings: StudySettings) -> bool:
    try:
        check_plain(file)
        return read_settings(file, None, {}) == settings
    except InputError:
        return False


def _toml(settings: Mapping[str, object]) -> bytes:
    return tomli_w.dumps(settings).encode()
