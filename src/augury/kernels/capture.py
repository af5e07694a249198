"""Capturing a function that runs on tensors, to replay it without Python.

A replay makes the same computations on the same memory. Whatever the function read on the host is
frozen, so that everything that changes from call to call has to lie in a tensor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from augury.kernels.constants import held

Replay = Callable[[], None]

# They read a value on the host, or give a tensor whose shape depends on values.
_READING = {"_local_scalar_dense", "nonzero", "masked_select", "_unique2", "unique_dim", "equal"}


class NotCapturableError(Exception):
    """A function that cannot be captured; the message says why."""


class Capture(Protocol):
    """Makes a replay of a function."""

    def __call__(self, function: Callable[[], None], warmup: int = 2) -> Replay:
        """Call `function` `warmup` times, and capture one more call.

        The function takes its input from tensors and leaves its results in tensors. The calls count
        for everything that it changes. Raises NotCapturableError where it cannot be captured.
        """


class HostGuard(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Within the block, NotCapturableError for what waits for the host or copies from it."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        name = func.__name__.split(".")[0]
        if name in _READING:
            raise NotCapturableError(f"values are read on the host ({name})")
        result = func(*args, **(kwargs or {}))
        tensors = [each for each in tree_leaves((args, kwargs, result)) if isinstance(each, Tensor)]
        if len({tensor.device.type for tensor in tensors}) > 1:
            raise NotCapturableError(f"tensors are moved between devices ({name})")
        return result


@dataclass(frozen=True)
class CudaGraphs:
    """Captures CUDA graphs, all on one stream and in one pool of memory.

    The pool is shared because nothing that a graph leaves in it is read later: results are copied
    to tensors that were made outside.
    """

    device: torch.device
    stream: torch.cuda.Stream
    pool: Any

    def __call__(self, function: Callable[[], None], warmup: int = 2) -> Replay:
        """Raises also torch.OutOfMemoryError."""
        stream = self.stream
        stream.wait_stream(torch.cuda.current_stream(self.device))
        try:
            with torch.cuda.stream(stream), held() as constants:
                function()  # chooses kernels, and makes constants
                # By now nothing may come from the host. It is better noticed here than in the
                # capture, which would leave CUDA in a state that is hard to tidy up.
                with HostGuard():  # type: ignore[no-untyped-call]
                    for _ in range(warmup - 1):
                        function()
                graph = torch.cuda.CUDAGraph()
                # Other threads of a notebook may use the GPU meanwhile.
                with torch.cuda.graph(
                    graph, self.pool, stream=stream, capture_error_mode="thread_local"
                ):
                    function()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            raise NotCapturableError(_first_line(error)) from error
        finally:
            torch.cuda.current_stream(self.device).wait_stream(stream)
        return _CudaReplay(graph, constants)


@cache
def capture_on(device: torch.device) -> Capture | None:
    """CUDA graphs on a GPU; None on any other device."""
    if device.type != "cuda":
        return None
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    return CudaGraphs(device, stream, torch.cuda.graph_pool_handle())


@dataclass(frozen=True)
class _CudaReplay:
    """Replays the graph. constants: what it reads by address, which has to stay where it is."""

    graph: torch.cuda.CUDAGraph
    constants: list[Tensor]

    def __call__(self) -> None:
        self.graph.replay()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
