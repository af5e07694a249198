import numpy as np
import torch

from augury.kernels.constants import constant, forget_constants, held, on_device

CPU = torch.device("cpu")


def test_a_constant_is_made_once():
    found = constant((1, (2**40)), torch.int64, CPU)
    assert found.tolist() == [1, 2**40]
    assert constant((1, (2**40)), torch.int64, CPU) is found
    assert constant((1, (2**40)), torch.float64, CPU).dtype == torch.float64
    nested = constant(((0.1, True), (2, 3)), torch.float64, CPU)
    assert nested.tolist() == [[0.1, 1.0], [2.0, 3.0]]
    forget_constants()
    assert constant((1, (2**40)), torch.int64, CPU) is not found


def test_whoever_captures_a_graph_can_keep_what_it_reads():
    with held() as outer:
        first = constant((5, 6), torch.int64, CPU)
        with held() as inner:
            second = on_device(halves, 3.0, CPU)
    constant((7,), torch.int64, CPU)
    assert [id(each) for each in outer] == [id(first), id(second)]
    assert [id(each) for each in inner] == [id(second)]


def halves(parameter):
    return torch.tensor([parameter / 2])


def test_a_table_is_computed_once_and_kept_apart_in_a_compiled_graph():
    """Two tables of one name and one of another, in one graph."""
    computed = []

    def powers(base):
        computed.append(base)
        return torch.from_numpy(base ** np.arange(4.0))

    def multiples(step):
        return torch.from_numpy(step * np.arange(4.0))

    def look_up(at):
        return (
            on_device(powers, 2.0, CPU)[at]
            + on_device(powers, 10.0, CPU)[at]
            + on_device(multiples, 0.5, CPU)[at]
        )

    at = torch.tensor([0, 3])
    expected = [2.0, 8 + 1000 + 1.5]
    assert look_up(at).tolist() == expected
    torch.compiler.reset()
    compiled = torch.compile(look_up, backend="eager", fullgraph=True)
    assert compiled(at).tolist() == expected
    assert computed == [2.0, 10.0]
