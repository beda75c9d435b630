"""Points in space: distances, the placing of names, and the static figures."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from vadstudy.emotions import EMOTIONS, GROUP_COLOURS, colour
from vadstudy.mappers import Mapper, nrc, scaled, shuffled
from vadstudy.plots import space


@pytest.fixture(scope="module")
def square():
    """Three labels, no emotions but one, at the corners of a triangle of sides 0.3, 0.4 and 0.5."""
    return Mapper("square", ("a", "joy", "c"), [[0, 0, 0], [0.3, 0, 0], [0, 0.4, 0]])


@pytest.fixture(scope="module")
def overview():
    return space.vad_space(nrc(), scaled())


def written(axes):
    """Texts that stand at points of the axes."""
    return [text.get_text() for text in axes.texts if text.get_text()]


def test_separations_are_distances_and_infinite_to_itself(square):
    np.testing.assert_allclose(space.separations(square), [[np.inf, 0.3, 0.4], [0.3, np.inf, 0.5], [0.4, 0.5, np.inf]])


def test_pairs_come_nearest_first(square):
    pairs = space.pairs(square)
    assert list(zip(pairs["first"], pairs["second"], strict=True)) == [("a", "joy"), ("a", "c"), ("joy", "c")]
    np.testing.assert_allclose(pairs["distance"], [0.3, 0.4, 0.5])


def test_pairs_of_28_labels():
    pairs = space.pairs(nrc())
    assert len(pairs) == 28 * 27 / 2
    assert (pairs["first"][0], pairs["second"][0]) == ("amusement", "joy")
    assert pairs["distance"][0] == pytest.approx(nrc().least_distance()) == pytest.approx(0.053, abs=5e-4)


def test_distance_table(square):
    turned = Mapper("turned", square.labels, square.points[[2, 0, 1]])
    table = space.distance_table([square, turned])
    assert list(table.index) == ["square", "turned"]
    assert table.loc["square", ["least", "median", "greatest"]].tolist() == pytest.approx([0.3, 0.4, 0.5])
    assert table.loc["square", "neighbour"] == pytest.approx((0.3 + 0.3 + 0.4) / 3)
    assert table["nearest_pair"].tolist() == ["a, joy", "joy, c"]
    # Distances 0.3, 0.4, 0.5 become 0.4, 0.5, 0.3: ranks 1, 2, 3 become 2, 3, 1.
    assert table["rank_correlation"].tolist() == pytest.approx([1, -0.5])


def test_scaling_keeps_the_order_of_distances_and_shuffling_does_not():
    table = space.distance_table([nrc(), scaled(), shuffled(nrc(), 0)])
    assert table["rank_correlation"]["scaled"] > 0.8
    assert abs(table["rank_correlation"].iloc[2]) < 0.3
    assert table["least"].iloc[2] == pytest.approx(table["least"]["nrc"])


def test_only_psychological_dimensions_have_names(square):
    assert "valence" in space.axis_names(nrc())[0]
    assert "dominance" in space.axis_names(scaled())[2]
    for mapper in (square, shuffled(nrc(), 0)):
        assert all(name.startswith("dimension") for name in space.axis_names(mapper))


def test_colours_are_those_of_the_groups():
    assert [space.colour_of(label) for label in EMOTIONS] == [colour(label) for label in EMOTIONS]
    assert space.group_of("no emotion") == "other"
    assert space.colour_of("no emotion") not in GROUP_COLOURS.values()


@pytest.mark.parametrize("seed", range(5))
def test_names_are_placed_off_each_other_and_off_the_points(seed):
    rng = np.random.default_rng(seed)
    points, boxes = rng.random((28, 2)) * 350, np.column_stack([rng.uniform(20, 70, 28), np.full(28, 9.0)])
    points[:5] = points[0] + rng.random((5, 2)) * 6  # a crowd
    centres = space.place_names(points, boxes)
    for i in range(28):
        for j in range(i):
            assert (np.abs(centres[i] - centres[j]) >= (boxes[i] + boxes[j]) / 2).any(), (i, j)
        assert not (np.abs(points - centres[i]) < boxes[i] / 2).all(axis=1).any(), i


def test_a_name_stands_beside_its_point_and_off_what_to_avoid():
    point, box = np.array([[50.0, 50.0], [200.0, 50.0]]), np.array([[30.0, 10.0], [30.0, 10.0]])
    free = space.place_names(point, box)
    assert np.hypot(*(free - point).T).max() < 30
    taken = space.place_names(point, box, avoid=free)
    assert (np.abs(taken - free) > [0, 0]).any(axis=1).all()
    assert not (np.abs(free - taken) < box / 2).all(axis=1).any()


def test_figure_4_names_all_labels_in_their_space(overview):
    axes = overview.axes
    assert [len(written(panel)) for panel in axes] == [28, 28]
    assert sorted(written(axes[0])) == sorted(EMOTIONS)
    assert [panel.get_title() for panel in axes] == [space.TITLES["nrc"], space.TITLES["scaled"]]
    for panel in axes:
        assert panel.get_xlim() == panel.get_ylim() == (-0.04, 1.04)
        assert "valence" in panel.get_xlabel() and "arousal" in panel.get_ylabel()


def test_figure_4_draws_the_points_in_their_colours_the_larger_the_more_dominant(overview):
    dots = overview.axes[0].collections[0]
    order = np.argsort(-nrc().points[:, 2], kind="stable")
    np.testing.assert_allclose(dots.get_offsets(), nrc().points[order, :2])
    assert (np.diff(dots.get_sizes()) <= 0).all() and dots.get_sizes()[0] > 3 * dots.get_sizes()[-1]
    assert [to_hex(c).upper() for c in dots.get_facecolor()] == [colour(EMOTIONS[i]) for i in order]


def test_figure_4_has_a_legend_of_all_groups(overview):
    sizes, legend = overview.legends
    assert {text.get_text() for text in legend.get_texts()} == set(GROUP_COLOURS)
    assert [text.get_text() for text in sizes.get_texts()] == ["dominance: 0", "0.5", "1"]


def test_names_of_the_figure_do_not_overlap(overview):
    overview.draw_without_rendering()
    for panel in overview.axes:
        boxes = [text.get_bbox_patch().get_window_extent() for text in panel.texts if text.get_text()]
        overlaps = [a.intersection(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
        # Estimated widths are a little off those of some fonts.
        assert all(min(o.width, o.height) < 5 for o in overlaps if o is not None)


def test_distance_matrix_has_every_label_once():
    axes = space.distance_matrix(nrc()).axes[0]
    names = [text.get_text() for text in axes.get_xticklabels()]
    assert sorted(names) == sorted(EMOTIONS)
    assert names == [text.get_text() for text in axes.get_yticklabels()]
    shown = axes.collections[0].get_array().reshape(28, 28)
    assert shown[names.index("joy"), names.index("amusement")] == pytest.approx(nrc().least_distance())
    np.testing.assert_allclose(np.diag(shown), 0)


def test_distances_shows_every_pair_before_and_after():
    left, right = space.distances([nrc(), scaled(), shuffled(nrc(), 0)]).axes
    assert [len(points.get_offsets()) for points in right.collections] == [378, 378]
    legend = [text.get_text() for text in left.get_legend().get_texts()]
    assert legend[:2] == ["raw: least 0.053", "scaled: least 0.108"]


def test_predicted_draws_all_points_and_an_arrow_for_each_label_that_occurs():
    labels = np.array([0, 0, 17, 17, 25])
    points = np.array([[0.2, 0.4, 0.6], [0.4, 0.6, 0.6], [0.9, 0.8, 0.7], [0.9, 0.8, 0.7], [0.1, 0.1, 0.1]])
    above, below, means = space.predicted(points, labels, nrc()).axes
    for cloud, other in ((above, 1), (below, 2)):
        np.testing.assert_allclose(cloud.collections[0].get_offsets(), points[:, [0, other]])
        np.testing.assert_allclose(cloud.collections[1].get_offsets(), nrc().points[:, [0, other]])
    arrows = [text for text in means.texts if not text.get_text()]
    assert sorted(written(means)) == sorted(EMOTIONS[i] for i in (0, 17, 25))
    np.testing.assert_allclose([arrow.xyann for arrow in arrows], nrc().points[[0, 17, 25], :2])
    np.testing.assert_allclose([arrow.xy for arrow in arrows], [[0.3, 0.5], [0.9, 0.8], [0.1, 0.1]])


def test_figures_are_closed_so_that_a_notebook_shows_them_once(square):
    before = plt.get_fignums()
    space.vad_space(square)
    space.distance_matrix(square)
    assert plt.get_fignums() == before
