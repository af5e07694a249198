"""Augmentation in the worker processes of any `torch.utils.data.DataLoader`.

Reading samples, forming batches, and counting images that a sampler draws more than once.
"""
