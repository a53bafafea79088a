import os
import signal
import threading

import jax
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.graph import Component, state
from ngcsnn.graph.interrupt import uninterrupted


@pytest.fixture(autouse=True)
def heard():
    """Programs started in the background may be told to ignore Ctrl-C; here it is heard."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_waits_for_the_end_of_the_block():
    done = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        ctrl_c()
        done.append(1)
    assert done == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_does_not_wait():
    done = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        ctrl_c()
        ctrl_c()
        done.append(1)
    assert done == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_pass_through():
    seen = []

    def work():
        with uninterrupted():
            seen.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [1]


class Impatient(Component):
    """Its user presses Ctrl-C in step 5."""

    x = state(shape=(2,))

    def advance(self):
        self.x.set(self.x.get() + 1)
        jax.debug.callback(lambda x: ctrl_c() if x[0, 0] == 5 else None, self.x.get())


@pytest.mark.parametrize("chunk", [4, 100])
def test_ctrl_c_in_a_scan_leaves_the_live_state_usable(chunk):
    with ng.Context("net") as net:
        c = Impatient("c")
    with pytest.raises(KeyboardInterrupt):
        net.advance.scan(n_steps=200, chunk=chunk, watch=[c.x])
        jax.effects_barrier()
    steps = int(c.x.get()[0, 0])
    assert steps >= 5 and steps % chunk == 0 and net.t == steps
    net.advance.run()
    assert np.all(c.x.get() == steps + 1)
