"""The PDF as it is committed: short where it is read, whole where it is looked up."""

import pytest
from pypdf import PdfReader

from vadstudy.paths import ROOT


@pytest.fixture(scope="module")
def paper():
    return PdfReader(ROOT / "reports" / "paper.pdf")


def headings(paper):
    """Pages, from 1, by the headings that begin on them."""
    (_, sections) = paper.outline
    return {section.title: paper.get_destination_page_number(section) + 1 for section in sections}


def test_the_main_part_with_the_works_cited_has_eight_pages(paper):
    pages = headings(paper)
    appendix = next(page for title, page in pages.items() if title.startswith("A "))
    assert pages["Sources"] < appendix <= 9
    assert all(page < appendix for title, page in pages.items() if title.split()[0].isdigit())


def test_what_the_pages_say_is_letters(paper):
    first = paper.pages[0].extract_text()
    assert "Does it help to predict emotions" in first and "Abstract" in first
