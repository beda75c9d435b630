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
