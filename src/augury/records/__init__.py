"""The files of a study: for each one a dataclass, a reader and a writer.

Nothing else parses a study's files. No module here imports PyTorch.
"""

__all__: list[str] = []  # private: what users need of it has its home in `augury`
