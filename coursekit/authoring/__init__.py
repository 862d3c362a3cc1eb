"""Skeletons for authors: a new exercise or chapter that works and says what is to be filled in."""

from coursekit.authoring.skeletons import AuthoringError, new_chapter, new_exercise

__all__ = ["AuthoringError", "new_chapter", "new_exercise"]
