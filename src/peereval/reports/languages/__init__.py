"""The report in Danish, Swedish and English: catalogues of texts, numbers and dates by locale."""

from peereval.reports.languages.translation import LANGUAGES, Words, words

__all__ = ["LANGUAGES", "Words", "words"]
