"""Which data, how it is read, divided and brought to a common scale."""

from typing import Final, Literal

from blocks.core import param
from blocks.params import Ints
from blocks.record import Record

SECTION: Final = "Data"


class Reading(Record):
    """A data set: its name or path, and what is made of it before the network sees it."""

    dataset: str = param(
        default="digits",
        help="A file or a folder, or a set that comes with Netwright: 'digits', 'moons', 'circles', 'spirals', 'xor'; 'none' is chosen "
        "later. hf:OWNER/NAME is streamed once from the Hugging Face Hub.",
        label="Data set",
        editor="data",
    )
    target: str = param(
        default="",
        help="Column to be predicted, for tables; empty: a column called label, class or target, else the last.",
        section=SECTION,
    )
    target_kind: Literal["auto", "class", "values"] = param(
        default="auto",
        help="Whether the answers are names of classes or numbers to be matched; 'auto' takes texts and few whole numbers for classes.",
        section=SECTION,
    )
    validation: float = param(
        default=0.2,
        ge=0,
        lt=1,
        help="Share of the samples on which the network is judged after each epoch; it never learns from them. "
        "Not used where the data brings its own.",
        section=SECTION,
    )
    test: float = param(
        default=0.2,
        ge=0,
        lt=1,
        help="Share of the samples kept for one last, honest judgement. Not used where the data brings its own.",
        section=SECTION,
    )
    split_by: str = param(
        default="",
        help="Column that says where each sample belongs: 'train', 'validation' or 'test'. Empty: drawn at random, each class in proportion.",
        section=SECTION,
    )
    normalize: Literal["none", "centre", "standardize"] = param(
        default="none",
        help="Subtract the mean of each channel ('centre'), and divide by its standard deviation too ('standardize'). Both are computed on the "
        "training part only. Nearly always worth it for photographs and tables.",
        section=SECTION,
    )
    image_size: Ints = param(
        default=(),
        ge=1,
        le=16384,
        help="Height and width that images are brought to; empty: the commonest size among them. Smaller trains faster and sees less.",
        section=SECTION,
        check=lambda size: "" if len(size) in (0, 2) else f"image_size needs two numbers, height and width, got {len(size)}",
    )
    image_fit: Literal["crop", "stretch", "pad"] = param(
        default="crop",
        help="How an image of another shape gets there: cut at the longer side, stretched, or with black bars.",
        section=SECTION,
    )
    grey: bool = param(default=False, help="Turn colour images to grey: one channel in place of three.", section=SECTION)
    sound: Literal["waveform", "log-mel"] = param(
        default="waveform",
        help="What the network hears: the samples themselves, for 1D convolutions, or a picture of loudness over pitch and time, for 2D ones.",
        section=SECTION,
    )
    sound_seconds: float = param(
        default=1.0, gt=0, le=600, help="Length that each recording is cut or filled up with silence to.", section=SECTION
    )
    sequence_length: int = param(default=100, ge=1, le=100_000, help="Characters of text that the network sees at once.", section=SECTION)
