import numpy as np
import pytest

from ngcsnn.graph.recording import in_chunks


@pytest.mark.parametrize(("n_steps", "chunk"), [(10, 5), (10, 4), (10, 10), (3, 10), (10, 1)])
def test_chunks_have_one_length_and_join_to_the_whole(n_steps, chunk):
    rows = np.arange(n_steps, dtype=np.float32)[:, None]
    calls = []

    def part(given, size):
        calls.append((given[0].shape, size))
        return {"x": given[0] * 2}

    out = in_chunks(part, [rows], n_steps, chunk, None)
    np.testing.assert_array_equal(out["x"], rows * 2)
    assert isinstance(out["x"], np.ndarray)
    assert {shape for shape, _ in calls} == {(chunk, 1)} and sum(size for _, size in calls) == n_steps


def test_progress_goes_to_stderr(capsys):
    in_chunks(lambda rows, size: {}, [], 10, 4, "step")
    out, err = capsys.readouterr()
    assert out == "" and err == "\rstep: 4/10 steps (40 %)\rstep: 8/10 steps (80 %)\rstep: 10/10 steps (100 %)\n"


def test_an_interrupted_progress_line_is_ended(capsys):
    with pytest.raises(KeyboardInterrupt):
        in_chunks(_interrupted, [], 10, 4, "step")
    assert capsys.readouterr().err == "\n"


def _interrupted(rows, size):
    raise KeyboardInterrupt
