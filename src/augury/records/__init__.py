"""The files of a study: for each one a dataclass, a reader and a writer.

Nothing else parses a study's files. No module here imports PyTorch.
"""
