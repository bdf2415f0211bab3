"""How is a request turned down? With a status, a word for scripts, what is wrong, and what to do."""

from __future__ import annotations

from brainsand.errors import BrainsandError


class Refused(BrainsandError):
    """A request that is not done.

    Parameters
    ----------
    status : int
        Of HTTP (RFC 9110).
    code : str
        A short stable word.
    words, todo : str
        What is wrong, and what the person can do.
    """

    def __init__(self, status: int, code: str, words: str, todo: str = "") -> None:
        super().__init__(f"{words} {todo}".strip())
        self.status, self.code, self.words, self.todo = status, code, words, todo

    def as_record(self) -> dict[str, dict[str, str]]:
        """As the answer holds it."""
        return {"error": {"code": self.code, "words": self.words, "todo": self.todo}}
