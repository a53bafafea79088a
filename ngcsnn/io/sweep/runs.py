"""The folder of a sweep: its plan, a run folder for each setting and seed, and which of them have ended."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ngcsnn.io.metrics_file import read_metrics
from ngcsnn.io.run_folder import METRICS, MODEL
from ngcsnn.io.sweep.settings import Setting, SweepError
from ngcsnn.training import Record

PLAN, PARTIAL = "sweep.json", ".partial"


class Planned(NamedTuple):
    """One run. number: of its setting. folder: where it is, once it has ended."""

    number: int
    setting: Setting
    seed: int
    folder: Path


class Sweep:
    """A sweep in a folder, new or taken up again.

    folder: of the sweep. model: the model as plain data, with the overrides that hold for all. settings, n_seeds: what
    to run; settings that the folder knows already keep their number, new ones are added.
    Errors: `SweepError` for a folder that holds a sweep of another model or of other keys, or something else.
    """

    def __init__(self, folder: str | os.PathLike[str], model: Any, settings: Sequence[Setting], n_seeds: int):
        if n_seeds < 1:
            raise SweepError(f"--seeds {n_seeds}: there must be at least one")
        self.folder, self.n_seeds = Path(folder), n_seeds
        self.settings: list[Setting] = []
        model = json.loads(json.dumps(model, default=str))
        known = self._known()
        if known is not None:
            self._check(known, model, settings)
            self.settings = known["settings"]
        plain = [json.loads(json.dumps(s, default=str)) for s in settings]
        self.asked = []
        for setting in plain:
            if setting not in self.settings:
                self.settings.append(setting)
            self.asked.append(self.settings.index(setting))
        self._plan = {"model": model, "settings": self.settings}

    def begin(self) -> None:
        """Make the folder, and write down the plan."""
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / f"{PLAN}{PARTIAL}"
        new.write_text(json.dumps(self._plan, indent=1) + "\n", encoding="utf-8")
        os.replace(new, self.folder / PLAN)

    def runs(self) -> Iterator[Planned]:
        """All runs asked for: every setting with the first seed, then with the second."""
        for seed in range(self.n_seeds):
            for number in self.asked:
                folder = self.folder / f"{number:03d}-seed{seed}"
                yield Planned(number, self.settings[number], seed, folder)

    def result(self, run: Planned) -> Record | None:
        """The test figures of a run that has ended, with those of its last validation as `validation_<name>`; else
        None."""
        path = run.folder / METRICS
        if not path.is_file():
            return None
        found = {r.get("split"): r for r in read_metrics(path)}  # the last of each
        test, held = found.get("test"), found.get("validation", {})
        told = {f"validation_{key}": value for key, value in held.items() if key not in ("epoch", "split", "seconds")}
        return None if test is None else {**test, **told}

    def place(self, run: Planned) -> tuple[Path, bool]:
        """(where a run is computed before it gets its name, whether an earlier attempt can be gone on with there)."""
        partial = run.folder.with_name(run.folder.name + PARTIAL)
        begun = (partial / MODEL).is_file()
        if partial.is_dir() and not begun:
            shutil.rmtree(partial)
        return partial, begun

    def keep(self, run: Planned, partial: Path) -> None:
        """The run has ended: it gets its name, in one step."""
        os.replace(partial, run.folder)

    def _known(self) -> dict[str, Any] | None:
        path = self.folder / PLAN
        if not path.is_file():
            if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
                raise SweepError(
                    f"{self.folder} exists and holds no sweep; nothing was computed (choose another folder)"
                )
            return None
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            _ = known["model"], [dict.items(setting) for setting in known["settings"]]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise SweepError(f"{path} is damaged: {error}") from error
        return known

    def _check(self, known: dict[str, Any], model: Any, settings: Sequence[Setting]) -> None:
        if known["model"] != model:
            where = _difference(known["model"], model, ())
            raise SweepError(
                f"{self.folder} holds a sweep of another model, which differs in {where}; choose another --out"
            )
        keys = {tuple(s) for s in (*known["settings"], *settings)}
        if len(keys) > 1:
            told = " and ".join(", ".join(k) or "nothing" for k in sorted(keys))
            raise SweepError(f"{self.folder} holds a sweep over other keys ({told}); choose another --out")


def _difference(a: Any, b: Any, path: tuple[str, ...]) -> str:
    """The first place where two models differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *b]:
            if a.get(key) != b.get(key) or (key in a) != (key in b):
                return _difference(a.get(key), b.get(key), (*path, str(key)))
    return f"`{'.'.join(path)}` ({a!r} there, {b!r} here)"
