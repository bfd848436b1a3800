"""Changing the training samples a little each time they are seen, so that the network learns what does not matter."""

from typing import Final

from blocks.core import param
from blocks.record import Record

SECTION: Final = "Augmentation"


class Augmentation(Record):
    """Random changes of training images: each sample draws its own, on the device. Zero or False leaves one out."""

    flip_horizontal: bool = param(
        default=False, help="Mirror left and right, half of the time. For photographs; not for letters and digits.", section=SECTION
    )
    flip_vertical: bool = param(
        default=False, help="Mirror top and bottom, half of the time. For pictures from above or under a microscope.", section=SECTION
    )
    crop_padding: int = param(
        default=0,
        ge=0,
        le=1024,
        help="Shift by up to so many pixels: the image is padded and a window of its size cut at random. 4 is usual for CIFAR.",
        section=SECTION,
    )
    resized_crop: float = param(
        default=0.0,
        ge=0,
        lt=1,
        help="Cut a random part with at least this share of the area and scale it up; 0.08 for ImageNet (Szegedy et al., arXiv 1409.4842).",
        section=SECTION,
    )
    rotation: float = param(default=0.0, ge=0, le=180, help="Turn by up to so many degrees either way.", section=SECTION)
    translation: float = param(default=0.0, ge=0, le=1, help="Shift by up to this share of height and width.", section=SECTION)
    scaling: float = param(default=0.0, ge=0, lt=1, help="Grow or shrink by up to this share.", section=SECTION)
    shear: float = param(default=0.0, ge=0, le=60, help="Slant by up to so many degrees.", section=SECTION)
    brightness: float = param(default=0.0, ge=0, le=1, help="Multiply by up to 1 plus or minus this.", section=SECTION)
    contrast: float = param(default=0.0, ge=0, le=1, help="Stretch around the mean grey by up to 1 plus or minus this.", section=SECTION)
    saturation: float = param(default=0.0, ge=0, le=1, help="Move colours from or towards grey by up to this.", section=SECTION)
    hue: float = param(default=0.0, ge=0, le=0.5, help="Turn colours around the colour wheel by up to this share of it.", section=SECTION)
    grey_probability: float = param(default=0.0, ge=0, le=1, help="How often a colour image is shown in grey.", section=SECTION)
    blur: float = param(
        default=0.0, ge=0, le=10, help="Blur by a Gaussian with a standard deviation of up to so many pixels.", section=SECTION
    )
    erasing: float = param(
        default=0.0,
        ge=0,
        le=1,
        help="How often a random rectangle is blanked out (Zhong et al., arXiv 1708.04896). Against overfitting on large nets.",
        section=SECTION,
    )
    mixup: float = param(
        default=0.0,
        ge=0,
        le=10,
        help="Blend pairs of samples and their losses by a share from Beta(a, a); 0.2 is usual (Zhang et al., arXiv 1710.09412).",
        section=SECTION,
    )
    cutmix: float = param(
        default=0.0,
        ge=0,
        le=10,
        help="Paste a rectangle of another sample, its area from Beta(a, a); 1.0 is usual (Yun et al., arXiv 1905.04899).",
        section=SECTION,
    )
