"""Every kind of data is recognised by its content, read to the number, and what can't be read is told."""

import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.data.source import DataError
from app.data.sources import open_data, source
from app.data.splits import split
from app.data.statistics import described, moments
from app.document.recipe import Reading
from tests.data import making


def opened(path: Path, **values: Any) -> Any:
    return open_data(Reading(dataset=str(path), **values))


def test_image_folders(tmp_path: Path) -> None:
    found = opened(making.image_folder(tmp_path / "images"))
    images, labels = making.digits()
    assert (found.kind, len(found), found.columns["label"].classes) == ("images", 300, tuple("0123456789"))
    order = [int(Path(name).stem) for name in sorted(str(p) for p in (tmp_path / "images").rglob("[0-9]*.png")) if "cut" not in name]
    assert np.array_equal(found.load()["image"], images[order])
    assert np.array_equal(found.load()["label"], labels[order])
    assert [s.what for s in found.skipped] == ["3/broken.png", "4/cut.png", "5/empty.jpg"]
    assert all(s.why for s in found.skipped)


@pytest.mark.parametrize(("fit", "left"), [("crop", 255), ("stretch", 255), ("pad", 0)])
def test_images_of_all_sizes_and_modes(tmp_path: Path, fit: str, left: int) -> None:
    for k, mode in enumerate(("RGB", "L", "RGBA", "P", "1", "CMYK", "LA", "I;16")):
        place = tmp_path / "a" / "deeper" if k % 2 else tmp_path / "b"
        place.mkdir(parents=True, exist_ok=True)
        image = Image.new("L", (10 + 3 * k, 20), 255)
        image = Image.fromarray(np.full((20, 10 + 3 * k), 65535, np.uint16)) if mode == "I;16" else image.convert(mode)
        image.save(place / f"{k}.{'tif' if mode in ('CMYK', 'LA') else 'png'}")
    found = opened(tmp_path, image_size=(16, 16), image_fit=fit)
    images = found.load()["image"]
    assert images.shape == (8, 3, 16, 16)
    assert found.columns["label"].classes == ("a", "b")
    assert images[:, :, 8, 8].min() == 255
    narrow = images[[0, 4]] if fit == "pad" else images
    assert np.all(narrow[:1, :, 8, 0] == left)
    assert opened(tmp_path, image_size=(16, 16), grey=True).load()["image"].shape == (8, 1, 16, 16)
    assert "different sizes" in opened(tmp_path).notes[0]


def test_train_and_test_folders_are_parts(tmp_path: Path) -> None:
    for part, count in (("train", 12), ("test", 5)):
        for k in range(count):
            place = tmp_path / part / ("cat" if k % 2 else "dog")
            place.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 4), (k, k, k)).save(place / f"{k}.png")
    found = opened(tmp_path)
    parts = split(found, 1 / 3, 0.5, 0)
    assert found.columns["label"].classes == ("cat", "dog")
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (8, 4, 5)
    assert all(found.part[k] == 2 for k in parts.test)


def test_a_bomb_is_left_out(tmp_path: Path) -> None:
    Image.new("1", (12_000, 9_000)).save(tmp_path / "bomb.png")
    Image.new("1", (8, 8)).save(tmp_path / "small.png")
    found = opened(tmp_path)
    assert len(found) == 1
    assert "108 megapixels; at most 89" in found.skipped[0].why


def test_many_images_are_read_once(tmp_path: Path, monkeypatch: Any) -> None:
    """From the second time on they are mapped from the disk; a file that changed is read again."""
    import app.data.cache as cache
    import app.data.images as images
    from app.data import sources

    monkeypatch.setenv("NETWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "FEW", 10)
    root = making.image_folder(tmp_path / "images", 50)
    first = opened(root)
    expected = first.load()["image"].copy()
    sources._opened.clear()
    real, asked = images._decode, []
    monkeypatch.setattr(images, "_decode", lambda *args: asked.append(1) or real(*args))
    again = opened(root)
    assert isinstance(again.load()["image"], np.memmap)
    assert np.array_equal(again.load()["image"], expected)
    assert again.skipped == first.skipped
    assert not asked
    sources._opened.clear()
    (root / "3" / "broken.png").write_bytes((root / "4" / "0004.png").read_bytes())
    assert len(opened(root)) == 51
    assert asked


def test_mnist(tmp_path: Path) -> None:
    images, labels = making.digits()
    root = making.mnist(tmp_path / "mnist")
    found = opened(root)
    assert np.array_equal(found.load()["image"], images)
    assert np.array_equal(found.load()["label"], labels)
    assert np.array_equal(split(found, 0.2, 0.3, 0).test, np.arange(1400, 1797))
    alone = opened(root / "t10k-images-idx3-ubyte")
    assert np.array_equal(alone.load()["label"], labels[1400:])
    (root / "t10k-images-idx3-ubyte").write_bytes((root / "t10k-images-idx3-ubyte").read_bytes()[:-5])
    with pytest.raises(DataError, match=r"cut off: it should hold 397×8×8 values, but 5 bytes are missing"):
        opened(root / "t10k-images-idx3-ubyte")


@pytest.mark.parametrize("kind", ["python", "binary", "tar.gz"])
def test_cifar(tmp_path: Path, kind: str) -> None:
    found = opened(making.cifar(tmp_path / "cifar", kind))
    expected = np.concatenate([making.cifar_images(n, k)[0] for k, n in enumerate((300, 300, 200))])
    assert np.array_equal(found.load()["image"], expected)
    assert np.array_equal(found.load()["label"], np.concatenate([making.cifar_images(n, k)[1] for k, n in enumerate((300, 300, 200))]))
    assert found.columns["label"].classes[3] == "thing 3"
    assert np.bincount(found.part).tolist() == [600, 0, 200]


def test_cifar_100(tmp_path: Path) -> None:
    found = opened(making.hundred(tmp_path / "cifar-100-python"))
    assert found.columns["label"].classes[:2] == ("fine 0", "fine 1")
    assert len(found.columns["coarse_label"].classes) == 20
    assert found.load()["label"].max() == 81


class Canary:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    root = making.cifar(tmp_path / "cifar", "python")
    for hostile in (Canary(canary), {b"data": Canary(canary), b"labels": [0]}, [Canary(canary)]):
        for protocol in (0, 2, 4, 5):
            (root / "data_batch_1").write_bytes(pickle.dumps(hostile, protocol=protocol))
            with pytest.raises(DataError, match="data_batch_1 was not read: it"):
                opened(root, sequence_length=protocol + 1)
    assert not canary.exists()
    pickle.loads(pickle.dumps(Canary(canary)))
    assert canary.exists(), "the control: unpickled, it does something"


@given(data=st.binary(max_size=400), cut=st.integers(0, 3000), at=st.integers(0, 3000))
def test_a_damaged_pickle_is_an_error(data: bytes, cut: int, at: int) -> None:
    import io

    from app.data.unpickled import UnpickleError, loads

    whole = pickle.dumps({b"labels": [1, 2], b"data": np.arange(600, dtype=np.uint8)}, protocol=2)
    for broken in (data, whole[:cut], whole[:at] + data + whole[at + len(data) :]):
        try:
            loads(io.BytesIO(broken))
        except UnpickleError:
            pass


def test_recordings(tmp_path: Path) -> None:
    root = making.recordings(tmp_path / "sounds")
    found = opened(root, sound_seconds=0.4)
    waves = found.load()["sound"]
    assert waves.shape == (24, 1, 3200)
    assert 0.5 < np.abs(waves).max(axis=(1, 2)).min() <= np.abs(waves).max() <= 1
    assert found.skipped[0].what == "low/broken.wav"
    assert "another rate" in found.notes[0]
    heard = opened(root, sound_seconds=0.4, sound="log-mel").load()
    assert heard["sound"].shape == (24, 1, 64, 40)
    peak = heard["sound"][:, 0].mean(2).argmax(1)
    low, high = (peak[heard["label"] == found.columns["label"].classes.index(name)] for name in ("low", "high"))
    assert low.max() < high.min()


def test_text(tmp_path: Path) -> None:
    text = "To be, or not to be: that is the question.\n" * 40
    (tmp_path / "hamlet.txt").write_text(text)
    found = opened(tmp_path / "hamlet.txt", sequence_length=50)
    samples, letters = found.load(), found.columns["text"].classes
    read = "".join(letters[k] for k in samples["text"].ravel())
    after = "".join(letters[k] for k in samples["next"].ravel())
    assert text.startswith(read)
    assert after[:-1] == read[1:]
    assert len(found) == len(text) // 50
    with pytest.raises(DataError, match="too few for pieces of 1000: set sequence_length to 86 or less"):
        opened(tmp_path / "hamlet.txt", sequence_length=1000)


@pytest.mark.parametrize(
    ("separator", "comma", "suffix"), [(",", False, "csv"), (";", True, "csv"), ("\t", True, "tsv"), ("|", False, "csv")]
)
def test_tables(tmp_path: Path, separator: str, comma: bool, suffix: str) -> None:
    plain = opened(making.iris(tmp_path / "plain.csv"))
    found = opened(making.iris(tmp_path / f"iris.{suffix}", separator, comma))
    assert found.columns["label"].classes == ("setosa", "versicolor", "virginica")
    assert np.array_equal(found.load()["features"], plain.load()["features"])
    assert np.array_equal(found.load()["features"][:, 2:3], found.load()["petal_length"])
    assert (found.entry, found.answer) == ("features", "label")


def test_a_comma_is_never_lost(tmp_path: Path) -> None:
    """ "0,5" is half, or no number at all; it is never 5 and never 05."""
    (tmp_path / "a.csv").write_text('x,y\n"0,5",1\n"1,5",2\n"2,5",9.5\n')
    found = opened(tmp_path / "a.csv")
    assert "x" not in found.columns or found.columns["x"].kind == "index"
    (tmp_path / "b.csv").write_text("x;y\n0,5;1\n1,5;2,25\n")
    assert opened(tmp_path / "b.csv").load()["x"].ravel().tolist() == [0.5, 1.5]


def test_what_is_wrong_in_a_table(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(
        "a,colour,id,price\n1,red,u1,2.5\n,blue,u2,3.5\n3,red,u3,\n4,blue,u4,1.5\n5,red\n"
        + "".join(f"6,red,v{k},{k}.5\n" for k in range(50))
    )
    found = opened(file)
    assert len(found) == 53
    assert found.load()["features"].shape == (53, 3)  # a, and two colours
    assert found.load()["a"].min() == 1
    told = {s.what: s.why for s in found.skipped}
    assert "another number of cells than the 4 names, first row 5: 2" in told["1 rows"] or "price" in told["1 rows"]
    assert "no categories" in told["column 'id'"]
    assert "filled with its median" in found.notes[0]
    assert opened(file, target="colour").columns["label"].classes == ("blue", "red")
    with pytest.raises(DataError, match="has no column 'cost'; it has a, colour, id, price"):
        opened(file, target="cost")
    with pytest.raises(DataError, match="target_kind says it holds numbers, but 'red' is none"):
        opened(file, target="colour", target_kind="values")


def test_a_table_that_names_images_and_parts(tmp_path: Path) -> None:
    making.image_folder(tmp_path / "images", 60)
    files = sorted((tmp_path / "images").rglob("0*.png"))
    rows = [f"images/{f.parent.name}/{f.name},{f.parent.name},{'test' if k % 5 == 0 else 'train'}" for k, f in enumerate(files)]
    (tmp_path / "list.csv").write_text(
        "file,digit,split\n" + "\n".join(rows) + "\nimages/3/broken.png,3,train\nimages/9/gone.png,9,train\n"
    )
    found = opened(tmp_path / "list.csv", target="digit")
    assert found.columns["image"].shape == (1, 8, 8)
    assert found.entry == "image"
    assert len(found) == 60
    assert {s.what for s in found.skipped} == {"images/3/broken.png", "images/9/gone.png"}
    assert len(split(found, 0.2, 0.2, 0).test) == 12


def test_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"a": [1.5, 2.5, None], "b": ["x", "y", "x"], "when": pa.array([1, 2, 3], pa.timestamp("s")), "y": [0.5, 1.5, 2.5]})
    pq.write_table(table, tmp_path / "t.parquet")
    found = opened(tmp_path / "t.parquet")
    assert found.load()["features"].tolist() == [[1.5, 1, 0], [2.5, 0, 1], [2.0, 1, 0]]
    assert found.load()["target"].ravel().tolist() == [0.5, 1.5, 2.5]
    assert found.skipped[0].what == "column 'when'"


def test_arrays(tmp_path: Path) -> None:
    images, labels = making.digits()
    np.savez(tmp_path / "a.npz", x_train=images[:1000, 0], y_train=labels[:1000], x_test=images[1000:, 0], y_test=labels[1000:])
    found = opened(tmp_path / "a.npz")
    assert np.array_equal(found.load()["image"], images)
    assert np.array_equal(split(found, 0.1, 0.1, 0).test, np.arange(1000, 1797))
    (tmp_path / "f").mkdir()
    np.save(tmp_path / "f" / "X.npy", np.repeat(images.transpose(0, 2, 3, 1), 3, axis=3))
    np.save(tmp_path / "f" / "y.npy", labels)
    for path in (tmp_path / "f", tmp_path / "f" / "X.npy"):
        found = opened(path)
        assert found.columns["image"].shape == (3, 8, 8)
        assert np.array_equal(found.load()["image"][:, 1], images[:, 0])
        assert found.columns["label"].classes == tuple("0123456789")
    np.savez(tmp_path / "o.npz", x=np.array([{}, {}], dtype=object), y=labels[:2])
    with pytest.raises(DataError):
        opened(tmp_path / "o.npz", target="x")


def test_larger_than_memory_is_mapped(tmp_path: Path) -> None:
    big = np.lib.format.open_memmap(tmp_path / "X.npy", mode="w+", dtype=np.uint8, shape=(20_000, 3, 64, 64))
    big[::1000] = 7
    np.save(tmp_path / "y.npy", np.arange(20_000) % 4)
    del big
    tracemalloc.start()
    found = opened(tmp_path / "X.npy")
    assert found.load()["image"][1000, 0, 0, 0] == 7
    assert moments(found.load()["image"], np.arange(0, 20_000, 1000)).mean[0] == pytest.approx(7 / 255)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6 < found.load()["image"].nbytes


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "xor"])
def test_toy_sets(name: str) -> None:
    found = source(name)
    assert found.load()["point"].shape == (1000, 2)
    assert abs(found.load()["label"].mean() - 0.5) < 0.05


def test_what_is_no_data_says_so(tmp_path: Path) -> None:
    (tmp_path / "program.exe").write_bytes(b"MZ\0\0")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.csv").write_text("")
    Image.new("L", (4, 4)).save(tmp_path / "one.png")
    for name, words in (
        ("program.exe", "nothing that can be read as data"), ("empty", "it holds nothing"), ("empty.csv", "is empty"),
        ("one.png", "a single image: give the folder"), ("gone", "neither a file nor a folder"),
    ):  # fmt: skip
        with pytest.raises(DataError, match=words):
            opened(tmp_path / name)


def test_moments_are_those_of_numpy(tmp_path: Path) -> None:
    images, _ = making.cifar_images(200)
    found = moments(images, np.arange(50, 150))
    assert np.allclose(found.mean, images[50:150].mean((0, 2, 3)) / 255)
    assert np.allclose(found.std, images[50:150].std((0, 2, 3)) / 255)


def test_duplicates_between_parts_are_counted(tmp_path: Path) -> None:
    images, labels = making.digits()
    np.savez(
        tmp_path / "d.npz", x_train=images[:500], y_train=labels[:500], x_val=images[490:600], y_val=labels[490:600], x_test=images[:40],
        y_test=labels[:40],
    )  # fmt: skip
    facts = described(opened(tmp_path / "d.npz"), Reading())
    assert facts["duplicates"] == {"train/validation": 10, "train/test": 40, "validation/test": 0}
    assert facts["splits_given"]


def test_arrays_are_brought_to_a_size_too(tmp_path: Path) -> None:
    found = opened(making.segmentation(tmp_path / "s.npz"), image_size=(16, 24), image_fit="stretch")
    images, masks = found.load()["image"], found.load()["mask"]
    assert (images.shape[1:], masks.shape[1:]) == ((1, 16, 24), (16, 24))
    assert {c.name: c.shape for c in found.columns.values()} == {"image": (1, 16, 24), "mask": (16, 24)}
    assert set(np.unique(masks)) == {0, 1}
    assert ((images[:, 0] > 100) == (masks == 1)).mean() > 0.9
    assert opened(making.cifar(tmp_path / "c", "binary"), grey=True).load()["image"].shape == (800, 1, 32, 32)
    digits = open_data(Reading(image_size=(28, 28))).load()["image"]
    assert digits.shape == (1797, 1, 28, 28)
    assert 0 <= digits.min() <= digits.max() <= 1


def test_images_and_their_masks(tmp_path: Path) -> None:
    images, _ = making.digits()
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for k in range(20):
        Image.fromarray(images[k, 0]).save(tmp_path / "images" / f"{k:02}.png")
        mask = Image.fromarray(np.where(images[k, 0] > 100, 7, np.where(images[k, 0] > 50, 3, 0)).astype(np.uint8))
        mask.putpalette([c for n in range(256) for c in (n, 255 - n, 0)])
        mask.save(tmp_path / "masks" / f"{k:02}.png")
    (tmp_path / "masks" / "05.png").write_bytes(b"no")
    (tmp_path / "masks" / "06.png").unlink()
    found = opened(tmp_path)
    assert found.kind == "masks"
    assert found.columns["mask"].classes == ("0", "3", "7")
    assert [s.what for s in found.skipped] == ["images/06.png", "masks/05.png"]
    picked = [k for k in range(20) if k not in (5, 6)]
    assert np.array_equal(found.load()["image"], images[picked])
    assert np.array_equal(found.load()["mask"], np.digitize(images[picked, 0], [51, 101]))
    small = opened(tmp_path, image_size=(4, 4)).load()
    assert (small["image"].shape, small["mask"].shape) == ((18, 1, 4, 4), (18, 4, 4))


def test_a_border_that_counts_for_nothing(tmp_path: Path) -> None:
    """255 in masks of many classes, as in Pascal VOC: no class, and left out of loss and counts."""
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for k in range(10):
        Image.new("RGB", (6, 6), (k, k, k)).save(tmp_path / "images" / f"{k}.jpg")
        mask = np.full((6, 6), k % 3, np.uint8)
        mask[0] = 255
        Image.fromarray(mask).save(tmp_path / "masks" / f"{k}.png")
    found = opened(tmp_path)
    assert found.columns["mask"].classes == ("0", "1", "2")
    assert np.all(found.load()["mask"][:, 0] == -100)
    counts = described(found, Reading())["columns"][1]["classes"]
    assert sum(counts.values()) == 10 * 30
