"""The labels, their groups and colours."""

import pytest

from vadstudy import emotions


def test_28_labels_in_the_corpus_order(data_folder):
    assert (data_folder / "goemotions" / "emotions.txt").read_text().split() == list(emotions.EMOTIONS)


@pytest.mark.parametrize("groups", [emotions.EKMAN, emotions.SENTIMENT])
def test_groups_part_the_labels(groups):
    filed = [label for labels in groups.values() for label in labels]
    assert sorted(filed) == sorted(emotions.EMOTIONS)


def test_group_colour_and_index_of_a_label():
    assert emotions.index("neutral") == 27
    assert (emotions.ekman("grief"), emotions.sentiment("grief")) == ("sadness", "negative")
    assert emotions.colour("grief") == emotions.colour("remorse") != emotions.colour("joy")


def test_an_unknown_label_is_named():
    with pytest.raises(ValueError, match="unknown emotion 'hunger'.*admiration"):
        emotions.colour("hunger")


def test_every_label_has_a_description_of_its_own_that_does_not_name_it():
    found = emotions.descriptions()
    assert list(found) == list(emotions.EMOTIONS) and len(set(found.values())) == 28
    assert not [label for label, said in found.items() if label in said.lower()]
    assert emotions.sentence("joy") == "This text expresses joy."
    assert emotions.sentence("joy", "delight") == "This text expresses joy: delight."
