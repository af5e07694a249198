"""A GPU that computes nothing: shapes, dtypes and devices are followed, and copies are noticed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from augury.kernels.constants import forget_constants

CUDA = torch.device("cuda", 0)

# They read a value on the host, or give a tensor whose shape depends on values.
_READING = {"_local_scalar_dense", "nonzero", "masked_select", "item", "_unique2", "unique_dim"}


class NoticeHost(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Collects each operation that a captured graph cannot hold, as text."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: list[str] = []

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        tensors = [x for x in tree_leaves((args, kwargs, result)) if isinstance(x, Tensor)]
        devices = {tensor.device.type for tensor in tensors}
        name = func.__name__.split(".")[0]
        if name in _READING or len(devices) > 1 or (name != "device" and devices == {"cpu"}):
            self.found.append(f"{func} on {sorted(devices)}")
        return result


@contextmanager
def fake_gpu() -> Iterator[None]:
    """Within the block tensors hold no values, and CUDA devices need not be there."""
    forget_constants()
    try:
        with FakeTensorMode():
            yield
    finally:
        forget_constants()


def host_work(action: Callable[[], object]) -> list[str]:
    """What `action` does on the host, or waits for, when it is called for the second time."""
    action()
    noticed = NoticeHost()
    with noticed:
        action()
    return noticed.found


def move_to_fake_gpu(module: nn.Module) -> None:
    """Give `module` weights without values on the fake GPU; called within `fake_gpu`."""
    for part in module.modules():
        for own in (part._parameters, part._buffers):
            for name, value in own.items():
                if value is None:
                    continue
                moved: Tensor = torch.empty_strided(
                    value.shape, value.stride(), dtype=value.dtype, device=CUDA
                )
                own[name] = nn.Parameter(moved) if isinstance(value, nn.Parameter) else moved  # type: ignore[assignment]
