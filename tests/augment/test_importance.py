import torch

from augury.augment.saliency.importance import span_sums, whole_units


def test_the_largest_value_is_2_to_the_24():
    maps = torch.tensor([[[0.0, 1.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]], [[3.0, 3.0]] * 2])
    top = 2**24
    expected = [[[0, top // 4], [top // 2, top]], [[0, 0], [0, 0]], [[top, top]] * 2]
    assert whole_units(maps).tolist() == expected


def test_sums_by_hand():
    values = torch.tensor([[[1, 2, 4], [8, 16, 32]]])
    start, end = torch.tensor([0, 1, 0]), torch.tensor([2, 3, 3])
    assert span_sums(values, 2, start, end).tolist() == [[[3, 6, 7], [24, 48, 56]]]
    both = span_sums(values, 1, torch.tensor([0, 1]), torch.tensor([2, 2]))
    assert both.tolist() == [[[9, 18, 36], [8, 16, 32]]]
