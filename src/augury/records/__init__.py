"""What a study keeps on disk: a dataclass, a reader and a writer for each file.

Whoever needs a file of a study reads it here; nothing else parses one. No module imports PyTorch.
"""

__all__: list[str] = []  # private: what users need of it has its home in `augury`
