"""Train the digits model anew: speech, training, export, and what came of it.

    python -m models.digits.train WORK OUT

WORK holds the corpus (4 GB), the checkpoints and what each stage ended with: called again, it
goes on where it was interrupted. OUT becomes a folder that faster-whisper loads.
"""

# ruff: noqa: T201 - a command prints how far it is

from __future__ import annotations

import argparse
import os
from itertools import groupby
from pathlib import Path
from statistics import fmean

import torch

from models.digits.train import evaluation
from models.digits.train.corpus import Corpus, prepare
from models.digits.train.export import export
from models.digits.train.training import HELD_BACK, STAGES, Report, Training

WINDOWS = 23_200
_EVERY = 25


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m models.digits.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--share",
        type=float,
        default=1.0,
        help="of all windows and steps; a thousandth shows in a minute that everything runs",
    )
    wanted = parser.parse_args()
    torch.set_num_threads(wanted.threads)
    windows = max(2 * HELD_BACK, round(WINDOWS * wanted.share))
    shards = []
    for shard in prepare(wanted.work / "corpus", windows, seed=wanted.seed, workers=wanted.threads):
        shards.append(shard)
        print(f"corpus: {shard.name} ({len(shards)})", flush=True)
    stages = [stage._replace(steps=max(1, round(stage.steps * wanted.share))) for stage in STAGES]
    training = Training(wanted.work, Corpus(sorted(shards)), stages, wanted.seed)
    for _, group in groupby(training.run(), lambda report: (report.stage, report.step // _EVERY)):
        _tell(list(group))
    weights = training.weights()
    print(f"tokens foretold right: {training.validate(weights):.1%}", flush=True)
    export(weights, wanted.out)
    evaluation.main([str(wanted.out)])


def _tell(reports: list[Report]) -> None:
    last = reports[-1]
    means = {name: fmean(r.losses[name] for r in reports) for name in last.losses}
    losses = ", ".join(f"{name} {mean:.3f}" for name, mean in means.items())
    print(f"{last.stage} {last.step}: {losses}", flush=True)


if __name__ == "__main__":
    main()
