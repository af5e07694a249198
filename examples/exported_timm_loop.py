"""A linear probe by timm, with the training transform that `augury export` wrote.

    augury export studies/clothing --to timm --out winner.py
    python examples/exported_timm_loop.py clothing --weights lite0.safetensors --transform winner.py

The folder has train/ and test/ with a folder a class. Without --transform the training images are
cut to their central square and resized, as the test images are. Nothing of augury is imported.
"""

import argparse
import runpy

import timm
import torch
from safetensors.torch import load_file
from timm.data import ImageDataset, create_transform
from timm.optim import create_optimizer_v2
from timm.scheduler import create_scheduler_v2
from timm.utils import AverageMeter, accuracy, random_seed
from torch.utils.data import DataLoader

SIZE = 96  # pixels
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def main() -> None:
    given = parse()
    random_seed(given.seed)
    # The central square, as timm's training transforms without a random crop take it.
    plain = create_transform(
        (3, SIZE, SIZE), crop_pct=1.0, interpolation="bilinear", mean=MEAN, std=STD
    )
    transform = runpy.run_path(given.transform)["transform"] if given.transform else plain
    train = ImageDataset(f"{given.photos}/train", transform=transform)
    test = ImageDataset(f"{given.photos}/test", transform=plain)
    model = pretrained(given.model, given.weights, len(train.reader.class_to_idx))
    loader = DataLoader(train, batch_size=32, shuffle=True)
    optimizer = create_optimizer_v2(model.get_classifier(), opt="adamw", lr=0.003, weight_decay=0)
    schedule, epochs = create_scheduler_v2(
        optimizer,
        sched="cosine",
        num_epochs=given.epochs,
        updates_per_epoch=len(loader),
        step_on_epochs=False,
    )
    model.eval()  # the body's running statistics stay as they are
    for epoch in range(epochs):
        losses = AverageMeter()
        for step, (images, labels) in enumerate(loader):
            with torch.no_grad():
                features = model.forward_head(model.forward_features(images), pre_logits=True)
            loss = torch.nn.functional.cross_entropy(model.get_classifier()(features), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step_update(epoch * len(loader) + step + 1)
            losses.update(loss.item(), len(labels))
        print(f"epoch {epoch + 1}/{epochs}  loss {losses.avg:.3f}", flush=True)
    print(f"test {validate(model, DataLoader(test, batch_size=64)):.2f} %")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--transform", help="a file in which `transform` is defined")
    parser.add_argument("--model", default="efficientnet_lite0")
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def pretrained(name: str, weights: str, classes: int) -> torch.nn.Module:
    """The network with a fresh head."""
    model = timm.create_model(name, num_classes=classes)
    head = tuple(f"{model.default_cfg['classifier']}.{each}" for each in ("weight", "bias"))
    body = {key: each for key, each in load_file(weights).items() if key not in head}
    missing, unexpected = model.load_state_dict(body, strict=False)
    if set(missing) != set(head) or unexpected:
        raise SystemExit(f"{weights}: not the weights of {name}")
    # timm begins EfficientNets' heads with weights that are far larger than PyTorch's usual ones.
    model.get_classifier().reset_parameters()
    return model


@torch.no_grad()
def validate(model, loader):
    """Top-1 accuracy, %."""
    top1 = AverageMeter()
    model.eval()
    for images, labels in loader:
        top1.update(accuracy(model(images), labels)[0].item(), len(labels))
    return top1.avg


if __name__ == "__main__":
    main()
