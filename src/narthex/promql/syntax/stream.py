"""Tokens with one of lookahead, and the words of a complaint about the one that does not fit.

The parser says what it is in the middle of (`within`); the innermost such place is named when a
token is refused, as Prometheus's messages do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from narthex.promql.position import Span
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.lexer import Lexer
from narthex.promql.syntax.tokens import Kind, Token

NESTING_MAX = 100
"""Parentheses, calls and signs inside each other. Bounds the stack of whoever walks a tree."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is being parsed, and what may come next."""

    context: str = ""
    expected: str = ""


class TokenStream:
    """The tokens of one text, read from left to right."""

    def __init__(self, text: str, features: frozenset[str]) -> None:
        self.text, self.features = text, features
        self.last_end = 0
        self._lexer = Lexer(text)
        self._ahead: Token | None = None
        self._place = Place()
        self._depth = 0

    def peek(self) -> Token:
        """The next token, which stays where it is."""
        if self._ahead is None:
            self._ahead = self._lexer.next()
        return self._ahead

    def take(self) -> Token:
        """The next token, and go past it."""
        token = self.peek()
        self._ahead = None
        self.last_end = token.span.end
        return token

    def take_if(self, kind: Kind, *words: str) -> Token | None:
        """The next token if it is of this kind (and one of these words)."""
        return self.take() if self.peek().is_(kind, *words) else None

    def expect(self, kind: Kind, *words: str) -> Token:
        """The next token, which must be of this kind (and one of these words)."""
        if not self.peek().is_(kind, *words):
            raise self.unexpected()
        return self.take()

    @contextmanager
    def within(self, context: str, expected: str = "") -> Iterator[None]:
        """While inside, complaints name this place. An error ends the parse: nothing is undone."""
        outer, self._place = self._place, Place(context, expected)
        yield
        self._place = outer

    @contextmanager
    def nested(self, at: Span) -> Iterator[None]:
        """One level deeper. Raises ParseError past `NESTING_MAX` levels."""
        self._depth += 1
        if self._depth > NESTING_MAX:
            raise self.error(f"expression is nested more than {NESTING_MAX} levels deep", at)
        yield
        self._depth -= 1

    def unexpected(self) -> ParseError:
        """A complaint about the next token."""
        token = self.peek()
        message = f"unexpected {token.described}"
        if self._place.context:
            message += f" in {self._place.context}"
        if self._place.expected:
            message += f", expected {self._place.expected}"
        return self.error(message, token.span)

    def error(self, message: str, at: Span) -> ParseError:
        """A complaint about a part of the text."""
        return ParseError(message, at, self.text)
