"""The arguments of augmentation."""

from __future__ import annotations

import pytest

from ngcsnn.data import Augmentation


def test_nothing_asked_is_nothing_done() -> None:
    assert not Augmentation()
    assert Augmentation(channel_shift=3)
    assert Augmentation().describe() == {}


def test_what_is_described_makes_the_same_again() -> None:
    one = Augmentation(
        blend=[0.5, 0.25], blend_share=0.3, normalise_spikes=7, time_dilation=[0.9, 1.1], channel_shift=4,
        channel_jitter=1.5, image_shift=2, image_shape=[4, 5], dropout=0.1,
    )  # fmt: skip
    assert Augmentation(**one.describe()) == one
    assert hash(Augmentation(**one.describe())) == hash(one)
    assert one.describe()["blend"] == [0.5, 0.25]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"blend": [0.5]}, "`blend` must hold two or more"),
        ({"blend": [0.5, 0.0]}, "`blend` must hold two or more"),
        ({"blend": "0.5"}, "`blend` must be a list"),
        ({"blend_share": 0.2}, "`blend_share` does not apply without `blend`"),
        ({"blend": [0.5, 0.5], "blend_share": 1.5}, "`blend_share` must be a probability"),
        ({"normalise_spikes": 0}, "`normalise_spikes` must be an integer >= 1"),
        ({"normalise_spikes": "least"}, "'fewest', got 'least'"),
        ({"time_dilation": [1.1, 0.9]}, "`time_dilation` must be (low, high)"),
        ({"time_dilation": 0.9}, "`time_dilation` must be a list"),
        ({"channel_shift": -1}, "`channel_shift` must be an integer >= 0"),
        ({"channel_shift": 1.5}, "`channel_shift` must be an integer"),
        ({"channel_jitter": -1.0}, "`channel_jitter` must be a finite number >= 0 units"),
        ({"image_shift": 1.0}, "`image_shift` and `image_shape` need each other"),
        ({"image_shape": [2, 2]}, "`image_shift` and `image_shape` need each other"),
        ({"image_shift": 1.0, "image_shape": [2]}, "`image_shape` must be (rows, columns)"),
        ({"dropout": 1.0}, "`dropout` must be below 1"),
    ],
    ids=lambda x: x if isinstance(x, str) else "-".join(x),
)
def test_bad_arguments(given: dict, says: str) -> None:
    with pytest.raises((ValueError, TypeError)) as error:
        Augmentation(**given)
    assert says in str(error.value)
