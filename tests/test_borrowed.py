"""What related systems add to the model: by values worked out by hand, without padding, by seed and step alone."""

import numpy as np
import pytest
import torch

from vadstudy.borrowed import Definitions, SortedLoss, TokenPerceptron

#: Three labels in two dimensions; in the second, the first and the last are equal.
POINTS = [[0.1, 0.5], [0.9, 0.2], [0.4, 0.5]]


def outputs(*likely):
    """Outputs of one text with these probabilities (dims, labels)."""
    return torch.tensor(likely).log().reshape(1, -1)


def test_the_sorted_loss_is_as_defined():
    p = ((0.5, 0.3, 0.2), (0.2, 0.2, 0.6))
    # Label 2. First dimension: 0, 2, 1 by value, gaps .3, .5, 0; p .5, .2, .3 and y 0, 1, 0.
    first = 0.3 * 0.5**2 + 0.5 * (0.7 - 1) ** 2 + (0.5**2 + 0.8**2 + 0.3**2) / 3
    # Second: 1, 0, 2 by value, gaps .3, 0 (which takes the last, 0); p .2, .2, .6 and y 0, 0, 1.
    second = 0.3 * 0.2**2 + (0.2**2 + 0.2**2 + 0.4**2) / 3
    found = SortedLoss(POINTS)(outputs(*p), torch.tensor([2])).item()
    assert found == pytest.approx((first + second) / 2)


def test_a_gap_of_zero_takes_the_next_one_and_the_last_is_zero():
    assert SortedLoss([[0.1], [0.4], [0.4], [0.4], [0.9]]).gaps.tolist()[0] == pytest.approx([0.3, 0.5, 0.5, 0.5, 0])


def test_a_near_miss_costs_less_than_a_far_one():
    loss, labels = SortedLoss([[0.0], [0.1], [1.0]]), torch.tensor([0])
    near, far = (loss(outputs(p), labels).item() for p in ((0.05, 0.9, 0.05), (0.05, 0.05, 0.9)))
    assert near < far


def test_the_label_is_that_of_the_largest_product():
    # Label 0 is the most probable in one dimension, label 2 by both together.
    logits = SortedLoss(POINTS).logits(outputs((0.6, 0.0001, 0.3999), (0.1, 0.4, 0.5)))
    np.testing.assert_allclose(logits.exp()[0], [0.06, 0.00004, 0.19995], atol=1e-6)
    assert logits.argmax().item() == 2


@pytest.mark.parametrize("pooling", ["max", "attention"])
def test_padding_changes_nothing_that_tokens_say(pooling):
    torch.manual_seed(0)
    head = TokenPerceptron(8, 5, 3, 0.1, pooling).eval()
    states = torch.randn(2, 4, 8)
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    states[1, 2:] = 100
    found = head(states, mask)
    torch.testing.assert_close(found[1:], head(states[1:, :2], mask[1:, :2]))
    assert found.shape == (2, 3)


def test_tokens_are_pooled_as_named():
    torch.manual_seed(0)
    states, mask = torch.randn(1, 3, 8), torch.ones(1, 3)
    greatest = TokenPerceptron(8, 5, 3, 0.1, "max").eval()
    torch.testing.assert_close(greatest(states, mask), greatest.layers(states).max(dim=1).values)
    weighed = TokenPerceptron(8, 5, 3, 0.1, "attention").eval()
    with torch.no_grad():
        weighed.weigh.weight.zero_()
    torch.testing.assert_close(weighed(states, mask), weighed.layers(states).mean(dim=1))
    with pytest.raises(ValueError, match="pooling 'mean' of a token perceptron"):
        TokenPerceptron(8, 5, 3, 0.1, "mean")


def task(seed=42, share=0.7):
    return Definitions([[100 + i] for i in range(28)], 102, share, seed)


def test_its_share_of_steps_is_drawn_by_seed_and_step():
    drawn = [task().drawn(step) for step in range(4000)]
    assert np.mean(drawn) == pytest.approx(0.3, abs=0.025)
    assert drawn == [task().drawn(step) for step in range(4000)]
    assert drawn != [task(seed=43).drawn(step) for step in range(4000)]


def test_every_other_text_gets_its_own_definition_and_another_s():
    texts, labels = [[101, i, 102] for i in range(6)], np.array([3, 3, 5, 5, 27, 27])
    pairs, belongs = task().pairs(texts, labels, 11)
    assert belongs == [1, 0] * 3 and len(pairs) == len(texts)
    for i, (own, other) in enumerate(zip(pairs[::2], pairs[1::2], strict=True)):
        assert own == [*texts[2 * i], 100 + labels[2 * i], 102]
        assert other[:3] == texts[2 * i] and other[3] != own[3] and other[4] == 102
    assert task().pairs(texts, labels, 11)[0] == pairs
    assert any(task().pairs(texts, labels, step)[0] != pairs for step in range(5))


def test_of_several_labels_each_may_be_a_text_s_own_and_none_is_another_s():
    sets = np.isin(np.arange(28), [3, 5])[None].astype(int)
    drawn = [task().pairs([[101, 102]], sets, step)[0] for step in range(60)]
    assert {own[2] for own, _ in drawn} == {103, 105} and not {other[2] for _, other in drawn} & {103, 105}
