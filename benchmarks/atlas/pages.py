from pathlib import Path
DOCS = Path("docs/results")
def write_pages(a, b): return []
