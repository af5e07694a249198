"""A stand-in for CUDA graphs on a processor: it records what a function computes, and repeats it.

Python does not run again in a replay: every operation is repeated on the tensors of the recording,
and what was read on the host stays as it was, exactly as in a CUDA graph.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from augury.kernels.capture import HostGuard, Replay


class _Recording(HostGuard):
    """The calls within the block, in order, with the tensors that they returned."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], list[Tensor]]] = []

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = super().__torch_dispatch__(func, types, args, kwargs)
        aliases = [value.alias_info for value in func._schema.returns]
        if not any(alias is not None and not alias.is_write for alias in aliases):
            found = [each for each in tree_leaves(result) if isinstance(each, Tensor)]
            self.calls.append((func, args, kwargs or {}, found))
        return result


class Recorder:
    """A `Capture` for tests; made: how many captures there were."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, function: Callable[[], None], warmup: int = 2) -> Replay:
        for _ in range(warmup):
            function()
        recording = _Recording()
        with recording:
            function()
        self.made += 1

        @torch.no_grad()
        def replay() -> None:
            for func, args, kwargs, kept in recording.calls:
                result = func(*args, **kwargs)
                found = [each for each in tree_leaves(result) if isinstance(each, Tensor)]
                for old, new in zip(kept, found, strict=True):
                    if old is not new:
                        old.copy_(new)

        return replay
