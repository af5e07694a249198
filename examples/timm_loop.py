"""timm's own training loop, with CutMix on the batch instead of timm's `Mixup`.

    python examples/timm_loop.py [--epochs 6] [--model resnet10t]

Model, loss, optimizer and schedule are timm's, data and augmentation augury's; each image has its
own λ, box and partner, and what it looks like in epoch 7 of seed 3 depends on nothing else.
"""

import argparse

import numpy as np
import timm
import torch
from timm.loss import SoftTargetCrossEntropy
from timm.optim import create_optimizer_v2
from timm.scheduler import create_scheduler_v2
from timm.utils import AverageMeter, accuracy

from augury.augment import CutMix
from augury.batch import Batch, to_float
from augury.data import batches, epoch_order, load_dataset
from augury.data.loader import count_batches
from augury.rng import Draws


def train_one_epoch(epoch, model, loader, loss_fn, optimizer, lr_scheduler, mixup_fn, options):
    losses = AverageMeter()
    num_updates = epoch * options.updates_per_epoch
    model.train()
    for batch in loader:
        batch = batch.to(options.device)
        batch = mixup_fn(batch, Draws(options.seed, epoch, batch.ids))
        loss = loss_fn(model(normalize(batch)), batch.targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        num_updates += 1
        lr_scheduler.step_update(num_updates)
        losses.update(loss.item(), len(batch))
    return losses.avg


@torch.no_grad()
def validate(model, loader, options):
    top1 = AverageMeter()
    model.eval()
    for batch in loader:
        batch = batch.to(options.device)
        (acc1,) = accuracy(model(normalize(batch)), batch.targets.argmax(1))
        top1.update(acc1.item(), len(batch))
    return top1.avg


def normalize(batch: Batch) -> torch.Tensor:
    """Augmentations take and give pixels in [0, 1]; normalization comes after them."""
    return (to_float(batch.images) - 0.5) / 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="resnet10t")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--train-limit", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    torch.manual_seed(options.seed)

    digits = load_dataset("digits")
    train = digits.train.take(slice(options.train_limit))
    k, size = digits.num_classes, options.batch_size
    options.updates_per_epoch = count_batches(len(train), size)

    model = timm.create_model(options.model, in_chans=digits.channels, num_classes=k)
    model.to(options.device)
    loss_fn, mixup_fn = SoftTargetCrossEntropy(), CutMix()
    optimizer = create_optimizer_v2(model, opt="adamw", lr=2e-3, weight_decay=0.05)
    lr_scheduler, num_epochs = create_scheduler_v2(
        optimizer,
        sched="cosine",
        num_epochs=options.epochs,
        step_on_epochs=False,
        updates_per_epoch=options.updates_per_epoch,
    )
    for epoch in range(num_epochs):
        loader = batches(train, k, size, epoch_order(len(train), options.seed, epoch))
        loss = train_one_epoch(
            epoch, model, loader, loss_fn, optimizer, lr_scheduler, mixup_fn, options
        )
        print(f"epoch {epoch}: loss {loss:.4f}", flush=True)
    top1 = validate(model, batches(digits.test, k, 256, np.arange(len(digits.test))), options)
    print(f"test accuracy {top1:.2f} %")


if __name__ == "__main__":
    main()
