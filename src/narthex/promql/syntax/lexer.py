"""A query text to tokens, one at a time, on demand.

The lexer knows three places, where the same characters mean different things: statements, inside
`{}`, and inside `[]` before the first number (a duration). Tokens are made when asked for, so that
of several mistakes the leftmost is reported. A text costs time linear in its length.
"""

from __future__ import annotations

import re

from narthex.promql.position import Span
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.numbers import scan_duration_rest, scan_number
from narthex.promql.syntax.quoting import BadEscape, go_quote, go_quote_character, unquote
from narthex.promql.syntax.tokens import DURATION_WORDS, FILL_KEYWORDS, KEYWORDS, Kind, Token

_SPACE = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"#[^\r\n]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_LETTERS = re.compile(r"[A-Za-z_]+")
_NUMBER_START = re.compile(r"[0-9]|\.[0-9]")
_SYMBOL = re.compile(r"==|!=|<=|>=|</|>/|[-+*/%^<>@]")
_BRACE_SYMBOL = re.compile(r"=~|!~|!=|[=,]")
_STRING_PART = {"'": re.compile(r"[^'\\\n\ufffd\ud800-\udfff]*"),
                '"': re.compile(r'[^"\\\n\ufffd\ud800-\udfff]*'),
                "`": re.compile(r"[^`\ufffd\ud800-\udfff]*")}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:x.{2}|u.{4}|U.{8}|[0-7].{2}|.)", re.DOTALL)


class Lexer:
    """The tokens of one text. `next` raises ParseError at the first character that fits nowhere."""

    def __init__(self, text: str, start: int = 0) -> None:
        self.text = text
        self._at = start
        self._parentheses = 0
        self._in_braces = False
        self._in_brackets = False
        self._in_duration = False
        self._seen_colon = False
        self._seen_duration = False

    def next(self) -> Token:
        """The next token; behind the last one END, again and again."""
        self._skip_blank()
        start = self._at
        if start >= len(self.text):
            return self._end()
        if self._in_braces:
            return self._inside_braces(start)
        if self._in_duration:
            return self._inside_duration(start)
        return self._statement(start)

    def _skip_blank(self) -> None:
        """Spaces, and comments where they may stand."""
        while True:
            self._at = _SPACE.match(self.text, self._at).end()  # type: ignore[union-attr]
            comment = None if self._in_duration else _COMMENT.match(self.text, self._at)
            if comment is None:
                return
            self._at = comment.end()

    def _end(self) -> Token:
        if self._in_braces:
            raise self._error("unexpected end of input inside braces")
        if self._in_duration:
            raise self._error("unexpected end of input in duration expression")
        if self._parentheses:
            raise self._error("unclosed left parenthesis")
        if self._in_brackets:
            raise self._error("unclosed left bracket")
        return Token(Kind.END, "", Span(self._at, self._at), "")

    def _statement(self, start: int) -> Token:
        c = self.text[start]
        if _NUMBER_START.match(self.text, start):
            return self._number(start)
        if c in "\"'`":
            return self._string(start)
        symbol = _SYMBOL.match(self.text, start)
        if symbol is not None:
            return self._token(Kind.OPERATOR, symbol.end())
        if self._in_brackets and (c == ":" or _NAME.match(c)):
            return self._word_in_brackets(start)
        word = _WORD.match(self.text, start)
        if word is not None:
            return self._word(word.end())
        return self._punctuation(start, c)

    def _punctuation(self, start: int, c: str) -> Token:
        if c in "()":
            return self._parenthesis(start, c)
        if c == "{":
            self._in_braces = True
        elif c in "[]":
            self._bracket(c)
        elif c in "=!":
            return self._equals(start, c)
        elif c != ",":
            raise self._error(f"unexpected character: {go_quote_character(c)}")
        return self._token(Kind.PUNCTUATION, start + 1)

    def _parenthesis(self, start: int, c: str) -> Token:
        token = self._token(Kind.PUNCTUATION, start + 1)
        self._parentheses += 1 if c == "(" else -1
        if self._parentheses < 0:
            raise self._error("unexpected right parenthesis ')'")
        return token

    def _bracket(self, c: str) -> None:
        if (c == "[") is self._in_brackets:
            side = "left" if c == "[" else "right"
            raise self._error(f"unexpected {side} bracket '{c}'")
        self._in_brackets = self._in_duration = c == "["
        self._seen_colon = False

    def _equals(self, start: int, c: str) -> Token:
        """A lone `=` is a token that no rule takes; `=~` and a lone `!` are refused here."""
        follows = self.text[start + 1 : start + 2]
        if c == "!" or follows == "~":
            shown = go_quote_character(follows or "\ufffd")
            raise self._error(f"unexpected character after '{c}': {shown}")
        return self._token(Kind.PUNCTUATION, start + 1)

    def _word(self, end: int) -> Token:
        text = self.text[self._at : end]
        word = text.lower()
        kind = KEYWORDS.get(word)
        if word in FILL_KEYWORDS and not self._parenthesis_follows(end):
            kind = None
        if kind is None:
            kind, word = (Kind.METRIC_IDENTIFIER if ":" in text else Kind.IDENTIFIER), text
        return self._token(kind, end, word)

    def _parenthesis_follows(self, end: int) -> bool:
        follows = _SPACE.match(self.text, end).end()  # type: ignore[union-attr]
        return self.text.startswith("(", follows)

    def _word_in_brackets(self, start: int) -> Token:
        """Behind the first number of a range: the colon of a subquery, a function of durations."""
        if self.text[start] == ":":
            if self._seen_colon:
                raise self._error("unexpected colon ':'")
            self._seen_colon = True
            return self._token(Kind.PUNCTUATION, start + 1)
        token = self._duration_word(start)
        if token is None:
            shown = go_quote_character(self.text[start])
            raise self._error(f"unexpected character: {shown}, expected ':'")
        return token

    def _duration_word(self, start: int) -> Token | None:
        end = _LETTERS.match(self.text, start).end()  # type: ignore[union-attr]
        if self.text[start:end].lower() not in DURATION_WORDS:
            return None
        self._seen_duration = True
        return self._token(Kind.CONTEXT, end, self.text[start:end].lower())

    def _inside_duration(self, start: int) -> Token:
        c = self.text[start]
        if _NUMBER_START.match(self.text, start):
            self._seen_duration, self._in_duration = True, False
            return self._number(start)
        if c in "()":
            return self._parenthesis(start, c)
        if c == ":":
            return self._colon_in_duration(start)
        if c == "]":
            self._bracket(c)
        if c in "],+-*/%^":
            kind = Kind.PUNCTUATION if c in "]," else Kind.OPERATOR
            return self._token(kind, start + 1)
        word = self._duration_word(start) if _NAME.match(c) else None
        if word is None:
            shown = go_quote_character(c)
            raise self._error(f"unexpected character in duration expression: {shown}")
        return word

    def _colon_in_duration(self, start: int) -> Token:
        token = self._token(Kind.PUNCTUATION, start + 1)
        if not self._seen_duration:
            raise self._error("unexpected colon before duration in duration expression")
        if self._seen_colon:
            raise self._error("unexpected repeated colon in duration expression")
        self._seen_colon = True
        return token

    def _inside_braces(self, start: int) -> Token:
        name = _NAME.match(self.text, start)
        if name is not None:
            return self._token(Kind.IDENTIFIER, name.end())
        c = self.text[start]
        if c in "\"'`":
            return self._string(start)
        symbol = _BRACE_SYMBOL.match(self.text, start)
        if symbol is not None:
            kind = Kind.PUNCTUATION if symbol[0] in "=," else Kind.OPERATOR
            return self._token(kind, symbol.end())
        if c == "}":
            self._in_braces = False
            return self._token(Kind.PUNCTUATION, start + 1)
        if c == "{":
            raise self._error("unexpected left brace '{'")
        if c == "!":
            shown = go_quote_character(self.text[start + 1 : start + 2] or "\ufffd")
            raise self._error(f"unexpected character after '!' inside braces: {shown}")
        raise self._error(f"unexpected character inside braces: {go_quote_character(c)}")

    def _number(self, start: int) -> Token:
        end, found = scan_number(self.text, start)
        if found:
            return self._token(Kind.NUMBER, end)
        end, found = scan_duration_rest(self.text, end)
        if not found:
            shown = go_quote(self.text[start:end])
            raise self._error(f"bad number or duration syntax: {shown}")
        return self._token(Kind.DURATION, end)

    def _string(self, start: int) -> Token:
        """A literal with its quotes. Its escapes are checked here, where their place is known."""
        quotation = self.text[start]
        i = start + 1
        while True:
            i = _STRING_PART[quotation].match(self.text, i).end()  # type: ignore[union-attr]
            c = self.text[i : i + 1]
            if c == quotation:
                return self._token(Kind.STRING, i + 1)
            if c != "\\":
                raise self._error(_string_fault(quotation, c))
            i = self._escape(quotation, i)

    def _escape(self, quotation: str, i: int) -> int:
        escape = _ESCAPE.match(self.text, i)
        literal = self.text[i : escape.end() if escape else len(self.text)]
        try:
            unquote(quotation + literal + quotation)
        except BadEscape as error:
            # A digit that is missing because the text ends is another fault than a wrong digit.
            cut = escape is None or (len(literal) == 2 and literal[1] in "01234567xuU")
            at_end = cut and i + len(literal) == len(self.text)
            raise self._error("escape sequence not terminated" if at_end else str(error)) from error
        return i + len(literal)

    def _token(self, kind: Kind, end: int, word: str | None = None) -> Token:
        text = self.text[self._at : end]
        token = Token(kind, text, Span(self._at, end), text if word is None else word)
        self._at = end
        return token

    def _error(self, message: str) -> ParseError:
        return ParseError(message, Span(self._at, len(self.text)), self.text)


def _string_fault(quotation: str, c: str) -> str:
    if c and c != "\n":
        return "invalid UTF-8 rune"
    return f"unterminated {'raw' if quotation == '`' else 'quoted'} string"
