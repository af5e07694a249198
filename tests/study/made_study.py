"""Moved to helpers.studies."""

from helpers.studies import CLASSES, EPOCHS, IMAGES, logits_of, make_study, write_run

__all__ = ["CLASSES", "EPOCHS", "IMAGES", "logits_of", "make_study", "write_run"]
