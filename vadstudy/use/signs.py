"""What a text is written in: emoji put into words before the tokenizer, and flags for what the model reads badly.

The encoder's vocabulary has no emoji, so that 😂 and 😡 would be the same unknown token; by its Unicode name, each is
read as what it shows. That makes a text of emoji alone readable. It makes no comment better whose words speak for
themselves: on the few of dev that have emoji, the emotion is named right about as often, at a higher log loss, for the
model was trained with the unknown token. (A table of what people mean by each, such as "haha" and "love", was tried and
left: its strong words drowned those of the sentence.)

The thresholds were chosen on GoEmotions' dev comments, which are English, and tried on EmoBank's texts;
``python benchmarks/choose_signs.py`` prints how many of either are flagged, and what emoji in words do.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import emoji
import py3langid
from babel import Locale
from py3langid.langid import MODEL_FILE, LanguageIdentifier

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerBase

#: A text is flagged if so large a share of its tokens is unknown.
UNKNOWN = 0.1
#: A text is flagged as not English if English has less than this probability among the languages that are told apart,
ENGLISH = 0.01
#: and if its letters have so many bytes; shorter ones, such as "lmao", could be anything.
LETTERS = 10
#: The language is named if it has this probability; below it, the flag says "not English" alone.
NAMED = 0.5
#: Characters of a text by which its language is told.
READ = 1000
#: From here on, characters count as emoji; below stand signs of ordinary print that Unicode lists with them (© ™ ‼).
FIRST = "\u2190"
#: No emoji of several characters has all of them below this one, the last of a keycap.
LEAST = "\u20e3"
NOT_ENGLISH, IN_WORDS, UNKNOWN_SIGNS, CUT = "not English", "emoji read as words", "unknown signs", "cut after"

_TONE = re.compile(r" (?:(?:medium-)?(?:light|dark)|medium) skin tone")
_AGAIN = re.compile(r"\s+")


def in_words(text: str) -> str:
    """The text with each emoji as its English name, without skin tones; of the same emoji in a row, one.

    A text without emoji stays as it is.
    """
    if text.isascii() or max(text) < LEAST:
        return text
    words, end, last = [], 0, None
    for match in emoji.emoji_list(text):
        sign, start = match["emoji"], match["match_start"]
        if len(sign) == 1 and sign < FIRST:
            continue
        between = text[end:start]
        if sign != last or between.strip():
            words += [between, f" {_name(sign)} "]
        last, end = sign, match["match_end"]
    return "".join([*words, text[end:]]) if words else text


@lru_cache(maxsize=4096)
def _name(sign):
    name = emoji.demojize(sign, delimiters=("", "")).replace("_", " ")
    return _AGAIN.sub(" ", _TONE.sub("", name)).strip()


def language(text: str) -> str | None:
    """The language of a text that is not English, by its English name, "" if it is unclear which; None if English.

    A text of fewer than :data:`LETTERS` bytes of letters, or one whose language is in doubt, counts as English.
    """
    text = text[:READ]
    if len("".join(filter(str.isalpha, text)).encode(errors="replace")) < LETTERS:
        return None
    code, probability = _identifier().classify(text)
    # The likeliest language is told in less time than all: most texts are English.
    if code in ("en", "zxx") or dict(_identifier().rank(text))["en"] >= ENGLISH:
        return None
    return str(_names().get(code, "")) if probability >= NAMED else ""


@lru_cache(maxsize=1)
def _identifier():
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=1)
def _names():
    return Locale("en").languages


def versions() -> dict[str, str]:
    """Versions of the libraries that decide what is read and flagged."""
    return {"emoji": emoji.__version__, "py3langid": py3langid.__version__}


def unknown_share(tokens: Sequence[int], tokenizer: "PreTrainedTokenizerBase") -> float:
    """Share of a text's tokens that are unknown, from 0 to 1, those that begin and end it aside; 1 if none is left."""
    # Each of the tokenizer's ids is looked up in several steps: once a text, not once a token.
    ends = (tokenizer.cls_token_id, tokenizer.sep_token_id)
    inner = [token for token in tokens if token not in ends]
    return inner.count(tokenizer.unk_token_id) / len(inner) if inner else 1.0


def flags(
    texts: Sequence[str],
    tokens: Sequence[Sequence[int]],
    cut: "Sequence[bool] | np.ndarray",
    tokenizer: "PreTrainedTokenizerBase",
    max_length: int,
) -> list[tuple[str, ...]]:
    """What there is to say about each text, as words; an empty tuple if nothing is.

    Parameters
    ----------
    texts : sequence of str, (n,)
        As they were given, with their emoji.
    tokens : sequence of (n,) sequences of int
        What the model reads of them, by ``tokenizer``.
    cut : sequence of bool, (n,)
        Whose text was longer than ``max_length`` tokens.

    Returns
    -------
    list of tuple of str
        Some of "not English: German" (or "not English", where it is unclear what else), "emoji read as words", "unknown
        signs" (a :data:`UNKNOWN` of the tokens, or more) and "cut after 200 tokens", in this order.
    """
    out = []
    for text, ids, was_cut in zip(texts, tokens, cut, strict=True):
        found, other = [], language(text)
        if other is not None:
            found.append(f"{NOT_ENGLISH}: {other}" if other else NOT_ENGLISH)
        if in_words(text) != text:
            found.append(IN_WORDS)
        if unknown_share(ids, tokenizer) >= UNKNOWN:
            found.append(UNKNOWN_SIGNS)
        if was_cut:
            found.append(f"{CUT} {max_length} tokens")
        out.append(tuple(found))
    return out
