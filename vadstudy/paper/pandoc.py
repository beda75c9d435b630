"""Documents from one form to another, by pandoc; what it cannot know of ours are its filters in ``data/*.lua``."""

from pathlib import Path

import pypandoc

from vadstudy.paths import PACKAGED

#: Our Markdown: figures and tables with captions, formulas between dollars, citations, attributes.
MARKDOWN = "markdown"
REFERENCES = PACKAGED / "references.bib"


def convert(text: str, to: str, *options: str, read: str = MARKDOWN, folder: Path | None = None) -> str:
    """A document in another form.

    Parameters
    ----------
    text : str
        The document, in the form ``read``.
    to : str
        Pandoc's name of the other form, such as ``typst`` or ``html5``.
    options : str
        More of pandoc's options.
    folder : Path, optional
        From which the document's relative links to pictures lead.

    Returns
    -------
    str
        Lines are broken where they are in the text; a line of a table, however long, sets no width to its columns.
    """
    made = pypandoc.convert_text(
        text,
        to,
        format=read,
        extra_args=["--wrap=preserve", "--columns=100000", *options],
        cworkdir=str(folder) if folder else None,
    )
    # Browsers without a font for formulas put a combining hat beside its letter.
    return made.replace('<mo accent="true">\u0302</mo>', '<mo accent="true">^</mo>') if to == "html5" else made


def cited(text: str, to: str, *options: str, folder: Path | None = None) -> str:
    """A document with numbered figures and tables, its citations written out, and at its end the works cited."""
    filters = ("--citeproc", f"--bibliography={REFERENCES}", f"--lua-filter={PACKAGED / 'numbers.lua'}")
    return convert(text, to, *filters, *options, folder=folder)
