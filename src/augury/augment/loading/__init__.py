"""Augmentation inside anybody's `torch.utils.data.DataLoader`."""
