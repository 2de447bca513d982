"""Snippets of code: kept in memory under short names, shown with highlighting."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name, guess_lexer
from pygments.util import ClassNotFound

LONGEST = 64 * 1024
KEPT = 1000

_formatter = HtmlFormatter(full=True, linenos="inline", style="friendly")


class UnknownLanguage(ValueError):
    """No lexer has that name."""


@dataclass(frozen=True)
class Snippet:
    """A text and the language that it is in."""

    text: str
    language: str

    def page(self) -> str:
        """The whole page."""
        return highlight(self.text, get_lexer_by_name(self.language), _formatter)


class Store:
    """Keeps the latest snippets."""

    def __init__(self) -> None:
        self._snippets: OrderedDict[str, Snippet] = OrderedDict()

    def add(self, text: str, language: str | None) -> tuple[str, Snippet]:
        """Keeps a text; its language is guessed where none is said."""
        snippet = Snippet(text, _language(text, language))
        name = secrets.token_urlsafe(6)
        self._snippets[name] = snippet
        if len(self._snippets) > KEPT:
            self._snippets.popitem(last=False)
        return name, snippet

    def get(self, name: str) -> Snippet | None:
        """The snippet of that name, while it is kept."""
        return self._snippets.get(name)


def _language(text: str, language: str | None) -> str:
    try:
        lexer = get_lexer_by_name(language) if language else guess_lexer(text)
    except ClassNotFound as error:
        raise UnknownLanguage(f"no language is called {language!r}") from error
    return lexer.aliases[0]
