"""Exported code, run."""

import ast
from typing import Any

from augury import export


def run(arm: object, to: str, **options: Any) -> dict[str, Any]:
    """The names that the exported code of `arm` defines."""
    names: dict[str, Any] = {}
    exec(compile(export(arm, to=to, **options), f"{arm} for {to}", "exec"), names)
    return names


def calls(code: str) -> list[tuple[str, int, set[str]]]:
    """Each call of code as its dotted name, number of positional arguments, and keywords."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            keywords = {word.arg for word in node.keywords if word.arg}
            found.append((ast.unparse(node.func), len(node.args), keywords))
    return found
