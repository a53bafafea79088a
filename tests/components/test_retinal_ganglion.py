"""Retinal ganglion filters: uniform images, spots, gratings against the transform of the profile."""

from __future__ import annotations

import numpy as np
import pytest
from encoder_runs import encoder, run

import ngcsnn as ng
from ngcsnn.components import RetinalGanglionEncoder


def respond(image, **arguments):
    _, part = encoder(RetinalGanglionEncoder, in_shape=image.shape, **arguments)
    out = run(part, image.reshape(1, 1, -1).astype(float))
    return out["on"].reshape(part.out_shape), out["off"].reshape(part.out_shape)


def test_a_uniform_image_gives_nothing_up_to_its_edges(x64):
    for sign in (1.0, -2.0):
        on, off = respond(np.full((9, 7), sign))
        np.testing.assert_allclose(on, 0.0, atol=1e-14)
        np.testing.assert_allclose(off, 0.0, atol=1e-14)


def test_a_spot_excites_on_at_its_centre_and_off_around_it(x64):
    image = np.zeros((15, 15))
    image[7, 7] = 1.0
    on, off = respond(image, gain=2.0)
    assert np.unravel_index(on.argmax(), on.shape) == (7, 7)
    assert on[7, 7] > 0 and off[7, 7] == 0
    assert off[7, 11] > 0 and on[7, 11] == 0
    dark = respond(-image, gain=2.0)
    np.testing.assert_allclose(dark[1], on, rtol=1e-12)  # a dark spot is the same with on and off exchanged
    np.testing.assert_allclose(dark[0], off, rtol=1e-12)
    np.testing.assert_allclose(on, 2.0 * respond(image)[0], rtol=1e-12)


@pytest.mark.parametrize("frequency", [0.05, 0.1, 0.2])
def test_a_grating_is_passed_as_the_profiles_transform_says(x64, frequency):
    """exp(-2 (pi sigma_c f)^2) - k exp(-2 (pi sigma_s f)^2), as Gaussians on the line."""
    at = np.arange(81)
    image = np.broadcast_to(np.cos(2 * np.pi * frequency * (at - 40)), (41, 81))
    on, off = respond(image, sigma_centre=1.2, sigma_surround=2.5, surround=0.9)
    want = np.exp(-2 * (np.pi * 1.2 * frequency) ** 2) - 0.9 * np.exp(-2 * (np.pi * 2.5 * frequency) ** 2)
    assert on[20, 40] - off[20, 40] == pytest.approx(want, abs=4e-3)


def test_stride_takes_every_second_cell(x64):
    image = np.random.default_rng(0).random((7, 6))
    full, half = respond(image), respond(image, stride=2)
    assert half[0].shape == (4, 3)
    np.testing.assert_allclose(half[0], full[0][::2, ::2], rtol=1e-12)
    np.testing.assert_allclose(half[1], full[1][::2, ::2], rtol=1e-12)


def test_a_surround_narrower_than_the_centre_is_refused():
    with pytest.raises(ng.GraphError, match="`sigma_surround` must exceed `sigma_centre` 2.0 pixels, got 1.6"):
        encoder(RetinalGanglionEncoder, in_shape=(4, 4), sigma_centre=2.0)
