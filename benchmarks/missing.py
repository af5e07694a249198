"""Say which packages are not installed: those that augury asks for, and some that would help here.

Imports nothing but Python's own, so that it can speak where augury cannot be imported.
"""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HELPFUL = ("triton", "kornia", "pytest", "hypothesis")


def main() -> None:
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
    needed = [re.split(r"[<>=!~; \[]", line)[0] for line in project["project"]["dependencies"]]
    for what, names in (("augury asks for", needed), ("tried without", HELPFUL)):
        absent = [name for name in names if not installed(name)]
        if absent:
            print(f"not installed, {what}: {', '.join(absent)}", flush=True)


def installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    main()
