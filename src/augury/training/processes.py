"""The processes that torchrun starts, one per GPU, to train one network together."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count as numbers

import torch
import torch.distributed as dist

# Its functions keep the group that there is at their import, as a default argument. At its first
# use DistributedDataParallel would import them, and ours would never end.
import torch.distributed.nn.functional
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from augury.training.network import Network

# Other ranks wait while rank 0 loads data, measures speeds or evaluates on corrupted images. A
# lost process needs no timeout: torchrun notices it at once.
_PATIENCE = timedelta(days=1)

# The groups that this process has been in are numbered, as those of the other processes are.
_groups = numbers()


@dataclass(frozen=True)
class Processes:
    """This process among those that share a run; all of them make the same calls in one order.

    A step uses the same images as it would in one process. Every process augments the whole batch,
    because mixing needs all of it and draws are stateless, and trains on its own part.
    rank: 0, 1, ...; count: how many processes there are
    """

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is rank 0, the process that writes files and prints."""
        return self.rank == 0

    def rows(self, n: int) -> slice:
        """This process's part of `n` rows; the parts' lengths differ by at most one."""
        return slice(self.rank * n // self.count, (self.rank + 1) * n // self.count)

    def part(self, batch: Tensor) -> Tensor:
        """The rows of `batch` that this process trains on, possibly none."""
        return batch if self.count == 1 else batch[self.rows(len(batch))]

    def total(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes."""
        if self.count > 1:
            values = values.clone()
            dist.all_reduce(values)
        return values

    def parallel(self, network: Network) -> Callable[[Tensor], Tensor]:
        """`network` for training steps, with gradients averaged over the processes.

        From here on, batch normalization in `network` uses the statistics of all parts.
        """
        if self.count == 1:
            return network
        # Late, as it needs timm, which takes half a second of every command.
        from augury.training.synced_norm import with_synced_norm

        network.model = with_synced_norm(network.model, network.device)
        return DistributedDataParallel(network)

    def tell(self, number: int) -> int:
        """Broadcast `number` from rank 0; other ranks' argument is ignored."""
        if self.count == 1:
            return number
        device = "cuda" if dist.get_backend() == "nccl" else "cpu"
        told = torch.tensor(number, device=device)
        dist.broadcast(told, src=0)
        return int(told)


ALONE = Processes()


def count_processes() -> int:
    """How many processes torchrun has started, this one among them; 1 without torchrun."""
    # Other launchers also set WORLD_SIZE, for programs that they did not start.
    return int(os.environ["WORLD_SIZE"]) if dist.is_torchelastic_launched() else 1


@contextmanager
def started_by_torchrun() -> Iterator[Processes]:
    """Connect the processes that torchrun started, within the block; ALONE without torchrun."""
    if count_processes() == 1:
        yield ALONE
        return
    # Without it some of CUDA's matrix products differ from run to run.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    store, rank, count = next(rendezvous("env://", timeout=_PATIENCE))
    # Under a name of its own each time: a second study in the same script would take what the
    # first one has left in the store for its own, and wait for ever.
    store = PrefixStore(f"augury {next(_groups)}", store)
    dist.init_process_group(
        "nccl" if cuda else "gloo", store=store, rank=rank, world_size=count, timeout=_PATIENCE
    )
    yield Processes(rank, count)
    # Not after an error: the others are waiting for this process, and torchrun ends them.
    # Gloo's threads end with the last reference to the group. One that drops a tensor while Python
    # ends aborts the process.
    gc.collect()
    dist.destroy_process_group()
