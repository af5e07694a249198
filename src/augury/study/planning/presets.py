"""Studies that have a name."""

from augury.records.cell import NetworkOptions
from augury.records.recipe import Recipe
from augury.study.planning.settings import StudySettings

PRESETS: dict[str, StudySettings] = {
    # The report's study. It does not show its optimizer: AdamW without decay is Adam, the usual
    # choice with Keras at this learning rate.
    "original": StudySettings(
        name="original",
        datasets=("cifar10", "fashion-mnist"),
        models=("vgg19", "resnet50", "densenet121", "mobilenetv2", "efficientnet-b0"),
        augmentations=("normal", "random-erasing", "salience-blend"),
        seeds=1,
        recipe=Recipe(
            epochs=50,
            batch_size=100,
            optimizer="adamw",
            lr=0.001,
            weight_decay=0.0,
            schedule="plateau",
        ),
        network=NetworkOptions(head="original", pretrained=True),
    ),
}
