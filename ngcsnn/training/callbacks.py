"""What a training run tells those who watch it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ngcsnn.training.run import Run

Record = dict[str, Any]
NEVER = 2**62  # as `every_batches` of a subclass that has hooks of batches and does not want them now


class Callback:
    """Base: override what you need. A record is one line of figures: {"epoch", "split", "loss", "accuracy", ...}.

    run: the training run, from `on_attach` on: where it stands, its figures so far, and how to end it.
    every_batches: how often the hooks of batches are called, the end of an epoch included. None: after every batch
    where a subclass has such hooks, else never. An epoch is one call of a compiled program; each batch hook cuts it:
    the host waits for the device there, and copies the parameters and what the optimiser knows of them (1.6 ms on one
    core for a small network, as much as eight batches of it took). The numbers that come out are the same.
    late: called after all others, with their changes made.
    What a callback collects it returns from `collected` as {key: data}; `train` hands it back. One whose decisions
    depend on earlier epochs tells what it knows in `state`, and takes it back in `restore`: it stands in checkpoints.
    """

    run: Run | None = None
    every_batches: int | None = None
    late: bool = False

    def on_attach(self, program: Any) -> None:
        """Before everything else: what is trained or evaluated; `program.network` is the compiled network."""

    def on_train_begin(self, num_epochs: int) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, epoch: int) -> None:
        """Before epoch number `epoch` (the first is `start_epoch`), or before what is left of it after a resume."""

    def on_batch_begin(self, epoch: int, batch: int) -> None:
        """Before batch number `batch` of the epoch, the first is 0; the network's parameters are those in force."""

    def on_batch_end(self, epoch: int, batch: int) -> None:
        """After so many batches of the epoch; the network's parameters are those in force."""

    def on_timestep_begin(self, step: int) -> None:
        """Before a step of a trial, in `CompiledNetwork.step_through` only: no other call leaves its program for it."""

    def on_timestep_end(self, step: int) -> None:
        """After a step of a trial, in `CompiledNetwork.step_through` only."""

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        """After an epoch: its training record, then its validation record if there is one."""

    def on_train_end(self) -> None:
        """After the last epoch, also when the run was interrupted."""

    def on_test_end(self, record: Record) -> None:
        """After `evaluate`, with its figures, and after `simulate`, with none."""

    def collected(self) -> dict[str, Any]:
        """What this callback gathered."""
        return {}

    def state(self) -> Any:
        """What it knows for a checkpoint: plain data (numbers, texts, lists, mappings) and arrays; None: nothing."""
        return None

    def restore(self, state: Any) -> None:
        """Know again what `state` told; called after `on_train_begin` of a resumed run."""
