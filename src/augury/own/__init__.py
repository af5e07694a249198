"""The user's own code, named "module:attribute": which of it may run, and how it is imported.

Nothing here knows what the code makes; `augment`, `models` and `data` say what they take.
"""
