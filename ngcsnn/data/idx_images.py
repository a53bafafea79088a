"""Data sets of images in four idx files, as MNIST began it: one small file of constants each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn.data.argument_checks import check_int
from ngcsnn.data.datasets import Dataset, Split
from ngcsnn.data.downloads import RemoteFile, data_folder, fetch
from ngcsnn.data.encodings import encode_images
from ngcsnn.data.idx_files import read_idx
from ngcsnn.data.labels import check_labels
from ngcsnn.data.published import Published

_STEMS = {"train": "train", "test": "t10k"}
_FORMS = ("", ".gz")


@dataclass(frozen=True)
class IdxImages:
    """A published data set of images with one class label each.

    Args:
        name: of the data set, and of its folder in the cache.
        mirrors: addresses below which its four files lie.
        sha256: checksums of the files' contents by name, `train-images-idx3-ubyte` and so on, unpacked; {} where only
            `md5` are published.
        shape: rows and columns of an image.
        n_classes: number of classes.
        class_names: their names, or None.
        md5: checksums of the packed files by name, without `.gz`, where there is no `sha256`.
        home: the page that describes the data.
    """

    name: str
    mirrors: tuple[str, ...]
    sha256: Mapping[str, str]
    shape: tuple[int, int] = (28, 28)
    n_classes: int = 10
    class_names: tuple[str, ...] | None = None
    md5: Mapping[str, str] = field(default_factory=dict)
    home: str = ""

    @property
    def published(self) -> Published:
        """Where its files come from."""
        files = tuple(self._remote(name) for name in self.sha256 or self.md5)
        return Published(self.name, files, self.mirrors, self.home)

    def _remote(self, name: str) -> RemoteFile:
        if name in self.sha256:
            return RemoteFile(f"{name}.gz", self.sha256[name], of_content=True)
        return RemoteFile(f"{name}.gz", md5=self.md5[name])

    def load(self, folder: str | os.PathLike[str] | None, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return images (n, rows x columns) and labels (n,), both uint8 and read-only, of "train" or "test".

        Args:
            folder: the folder that holds the files, packed (`.gz`) or not; a relative one starts at the current
                folder. None: the cache (`data_folder()`), into which files that lack are fetched.
            split: "train" or "test".
        Raises: FileNotFoundError: the folder lacks a file; DownloadError: a file cannot be fetched; ValueError: a
            file is damaged, or does not hold what it should. The message names the file. Nothing is ever made up.
        """
        if split not in _STEMS:
            raise ValueError(f"`split` must be 'train' or 'test', got {split!r}")
        images_at, labels_at = self._files(folder, split)
        images, labels = read_idx(images_at), read_idx(labels_at)
        if images.dtype != np.uint8 or images.shape[1:] != self.shape or len(images) == 0:
            raise ValueError(
                f"{str(images_at)!r} must hold images (n, {self.shape[0]}, {self.shape[1]}) of uint8, "
                f"got {images.shape} of {images.dtype}"
            )
        if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise ValueError(
                f"{str(labels_at)!r} must hold labels ({len(images)},) of uint8 for the images in "
                f"{images_at.name!r}, got {labels.shape} of {labels.dtype}"
            )
        check_labels(labels, len(images), self.n_classes, name=str(labels_at))
        images = images.reshape(len(images), -1)
        for array in (images, labels):
            array.setflags(write=False)
        return images, labels

    def dataset(
        self,
        folder: str | os.PathLike[str] | None,
        train: int,
        test: int,
        validation: int,
        encoding: str | Mapping[str, Any],
    ) -> Dataset:
        """Return it ready for training: the first `train` and `test` samples of their files, encoded.

        `validation` samples are taken from the end of the training file. `raw` holds the images (n, rows x columns).
        """
        sizes = {"train": check_int("train", train, 1), "test": check_int("test", test, 1)}
        check_int("validation", validation, 0)
        if folder is None:  # what lacks is fetched before any of it is read
            self._fetched([name for part in sizes for name in _names(part)])
        raw: dict[str, np.ndarray] = {}
        labels: dict[str, np.ndarray] = {}
        for part, size in sizes.items():
            all_images, all_labels = self.load(folder, part)
            held = validation if part == "train" else 0
            if size + held > len(all_labels):
                both = f"`train` and `validation` ask for {size} + {held}" if held else f"`{part}` asks for {size}"
                raise ValueError(f"{both} samples, the {part}ing file of {self.name} holds {len(all_labels)}")
            raw[part], labels[part] = all_images[:size], all_labels[:size]
            if held:
                raw["validation"], labels["validation"] = all_images[-held:], all_labels[-held:]
        encode = partial(encode_images, encoding=encoding)
        return Dataset(
            self.name,
            n_classes=self.n_classes,
            n_units=self.shape[0] * self.shape[1],
            class_names=self.class_names,
            raw=raw,
            encode=encode,
            **{part: Split(encode(images), labels[part]) for part, images in raw.items()},
        )

    def _files(self, folder: str | os.PathLike[str] | None, split: str) -> tuple[Path, Path]:
        """Where the images and the labels of a split lie, fetched if need be."""
        names = _names(split)
        if folder is not None:
            if not isinstance(folder, str | os.PathLike):
                raise TypeError(f"`folder` must be the path of a folder, got {folder!r}")
            base = Path(folder).expanduser()
            found = [_find(base, name) for name in names]
            lacking = [name for name, path in zip(names, found, strict=True) if path is None]
            if lacking:
                raise FileNotFoundError(
                    f"{self.name}: the `folder` {str(base)!r} lacks {' and '.join(lacking)} (as it is, or as .gz)"
                )
        else:
            base = self._fetched(names)
            found = [_find(base, name) for name in names]
        images, labels = (path or base / name for path, name in zip(found, names, strict=True))
        return images, labels

    def _fetched(self, names: Sequence[str]) -> Path:
        """The cache, with all of these files in it."""
        base = data_folder() / self.name
        lacking = [name for name in names if _find(base, name) is None]
        fetch(self.name, [self._remote(name) for name in lacking], self.mirrors, self.home)
        return base


def _names(split: str) -> tuple[str, str]:
    """Of the images and the labels."""
    return f"{_STEMS[split]}-images-idx3-ubyte", f"{_STEMS[split]}-labels-idx1-ubyte"


def _find(folder: Path, name: str) -> Path | None:
    return next((path for form in _FORMS if (path := folder / f"{name}{form}").is_file()), None)
