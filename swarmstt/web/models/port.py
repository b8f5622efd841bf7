"""What the rows about models need of the node, and what they answer; as in views.py of the API."""

from __future__ import annotations

from typing import Protocol, TypedDict

from swarmstt.ids import BookId


class ModelView(TypedDict):
    name: str
    size_bytes: int
    """Of its files; about, if it is not here."""
    quality: str | None
    """How good its transcripts are, in a word; None if that is not known."""
    english_only: bool
    seconds: int | None
    """About how long the swarm would take for the book; None if that cannot be said."""
    here: bool
    removable: bool
    """It is here, and was fetched: removing it frees the room."""
    fetching: int | None
    """How much of it has come, 0..100, while it is being fetched."""
    trouble: str | None
    """A sentence: why it could not be fetched."""


class ModelsView(TypedDict):
    models: list[ModelView]
    """Those that are here, and the usual ones that can be fetched, from the fastest to the best."""
    audio_seconds: float
    """How long the book is for which the times are: one that was asked for, or some other."""
    model: str
    """What new books are transcribed with."""


class ModelsPort(Protocol):
    """The models of this PC."""

    async def models(self, book_id: BookId | None = None) -> ModelsView:
        """Returns them, with the time that this book would take, or one of ten hours. NotFoundError if there is no such
        book."""

    async def fetch_model(self, name: str) -> None:
        """Begins to fetch a model, and returns. InputError for a name that no model has."""

    async def remove_model(self, name: str) -> None:
        """Removes a model that was fetched. NotFoundError if it is not here, ConflictError if it cannot be removed or
        an unfinished book needs it."""
