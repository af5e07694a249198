"""augury: which data augmentation helps, by how much, and how sure that is."""

__version__ = "0.1.0"
