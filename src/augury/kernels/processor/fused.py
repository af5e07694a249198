"""Whether products are added with a single rounding."""

import torch

# PyTorch's `grid_sample` does so where the processor can, and so must we, for the same bits.
# "DEFAULT" is what it calls a processor that cannot.
FUSED = torch.backends.cpu.get_cpu_capability() != "DEFAULT"
