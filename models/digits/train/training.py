"""The stages of training, one step after the other, and where it stands on disk.

Each step draws its windows from a seed made of the stage and the step, so a training that is
interrupted and goes on ends with the same weights as one that is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its name everywhere
from numpy.random import Generator
from torch import Tensor

from models.digits.train.batches import (
    IGNORED,
    POSITIONS,
    SOUNDS,
    Batch,
    Listening,
    crops,
    training_batch,
    validation_batch,
)
from models.digits.train.corpus import Corpus
from models.digits.train.network import ALIGNMENT_HEADS, MEMORY_HEAD, Network

HELD_BACK = 64
"""The first windows of the corpus are never trained on."""

CHECKPOINT_STEPS = 50
_BATCH = 32
_CROPS = 64
_LARGEST_GRADIENT = 1.0
_SILENCE_WEIGHT = 0.5
_LEAST_RATE = 0.02

Weights = Mapping[str, Tensor]


class Stage(NamedTuple):
    name: str
    steps: int
    rate: float
    warm_up: float
    """The share of the steps in which the rate rises to its height."""
    long_context: float = 0.12
    crops_only: bool = False
    """The encoder alone learns which word sounds when, on crops of three seconds."""

    def rate_at(self, step: int) -> float:
        done = step / self.steps
        fall = 0.5 * (1 + math.cos(math.pi * done))
        return self.rate * min(1.0, (done + 1e-3) / self.warm_up) * max(fall, _LEAST_RATE)


STAGES = (
    Stage("hearing", 500, 2e-3, 0.05, crops_only=True),
    Stage("writing", 2000, 2e-3, 0.04),
    Stage("polish", 700, 1e-3, 0.02),
    Stage("context", 350, 8e-4, 0.02, long_context=0.5),
)
AVERAGED = ("polish", "context")
"""The mean of the weights after these is better than either."""


class Report(NamedTuple):
    stage: str
    step: int
    losses: Mapping[str, float]


class Training:
    def __init__(self, folder: Path, corpus: Corpus, stages: Sequence[Stage], seed: int) -> None:
        self._folder = folder
        self._corpus = corpus
        self._stages = stages
        self._seed = seed
        torch.manual_seed(seed)
        self._network = Network()
        self._sound_weights = torch.ones(SOUNDS)
        self._sound_weights[0] = _SILENCE_WEIGHT

    def run(self) -> Iterator[Report]:
        """All that is left of it, from the last checkpoint on; a report for every step."""
        folder = self._folder
        folder.mkdir(parents=True, exist_ok=True)
        for number, stage in enumerate(self._stages):
            finished = folder / f"{stage.name}.pt"
            if finished.exists():
                self._network.load_state_dict(_load(finished))
                continue
            yield from self._stage(number, stage)
            _save(self._network.state_dict(), finished)
            (folder / "checkpoint.pt").unlink(missing_ok=True)

    def weights(self) -> Weights:
        states = [_load(self._folder / f"{name}.pt") for name in AVERAGED]
        return {name: _mean([state[name] for state in states]) for name in states[0]}

    def validate(self, weights: Weights) -> float:
        """The share of the held back windows' tokens foretold right."""
        network = Network()
        network.load_state_dict(weights)
        network.eval()
        batch = validation_batch(self._corpus, range(min(HELD_BACK, len(self._corpus))))
        answers = torch.from_numpy(batch.answers)
        with torch.no_grad():
            heard = network.encode(torch.from_numpy(batch.mels))
            scores, _ = network.decode(torch.from_numpy(batch.tokens), heard)
        asked = answers != IGNORED
        right: Tensor = (scores.argmax(-1) == answers)[asked]
        return float(right.float().mean())

    def _stage(self, number: int, stage: Stage) -> Iterator[Report]:
        optimizer = _optimizer(self._network)
        checkpoint = self._folder / "checkpoint.pt"
        begin = 0
        if checkpoint.exists() and (state := _load(checkpoint))["stage"] == stage.name:
            self._network.load_state_dict(state["network"])
            optimizer.load_state_dict(state["optimizer"])
            begin = state["step"]
        for step in range(begin, stage.steps):
            random = np.random.default_rng((self._seed, number, step))
            for group in optimizer.param_groups:
                group["lr"] = stage.rate_at(step)
            losses = self._losses(stage, step, random)
            optimizer.zero_grad()
            reduce(torch.add, losses.values()).backward()
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), _LARGEST_GRADIENT)
            optimizer.step()
            if (step + 1) % CHECKPOINT_STEPS == 0:
                state = {"stage": stage.name, "step": step + 1}
                state |= {"network": self._network.state_dict()}
                state |= {"optimizer": optimizer.state_dict()}
                _save(state, checkpoint)
            yield Report(stage.name, step + 1, {name: x.item() for name, x in losses.items()})

    def _losses(self, stage: Stage, step: int, random: Generator) -> dict[str, Tensor]:
        if stage.crops_only:
            crop = crops(self._corpus, HELD_BACK, _CROPS, random)
            heard = self._network.encode_crop(torch.from_numpy(crop.mels), crop.first_position)
            return {"sounds": self._sounds(heard, torch.from_numpy(crop.sounds))}
        numbers = random.integers(HELD_BACK, len(self._corpus), _BATCH).tolist()
        batch = training_batch(self._corpus, numbers, random, stage.long_context)
        return self._all_losses(batch, step / stage.steps)

    def _all_losses(self, batch: Batch, done: float) -> dict[str, Tensor]:
        heard = self._network.encode(torch.from_numpy(batch.mels))
        scores, watched = self._network.decode(torch.from_numpy(batch.tokens), heard)
        answers = torch.from_numpy(batch.answers)
        text = F.cross_entropy(scores.flatten(0, 1), answers.flatten(), ignore_index=IGNORED)
        sounds = self._sounds(heard[:, :POSITIONS], torch.from_numpy(batch.sounds))
        ahead = [_inattention(watched, head, batch.ahead) for head in ALIGNMENT_HEADS]
        return {
            "text": text,
            "sounds": 0.3 * (1 - 0.6 * done) * sounds,
            "ahead": 0.2 * _mean(ahead),
            "behind": 0.2 * _inattention(watched, MEMORY_HEAD, batch.behind),
        }

    def _sounds(self, heard: Tensor, sounds: Tensor) -> Tensor:
        scores = self._network.sounds(heard)
        return F.cross_entropy(scores.flatten(0, 1), sounds.flatten(), weight=self._sound_weights)


def _inattention(watched: Sequence[Tensor], head: tuple[int, int], wanted: Listening) -> Tensor:
    """How little of a head's attention lies where it should."""
    if not len(wanted.item):
        return torch.zeros(())
    layer, number = head
    item, position = torch.from_numpy(wanted.item), torch.from_numpy(wanted.position)
    attention = watched[layer][item, number, position]
    loss: Tensor = -(torch.from_numpy(wanted.attention) * attention).sum(-1).mean()
    return loss


def _optimizer(network: Network) -> torch.optim.AdamW:
    positions = {id(network.positions), id(network.places)}
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for parameter in network.parameters():
        decays = parameter.ndim > 1 and id(parameter) not in positions
        (matrices if decays else others).append(parameter)
    groups = [{"params": matrices, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    mean: Tensor = torch.stack(list(tensors)).mean(0)
    return mean


def _save(state: Mapping[str, Any], file: Path) -> None:
    """Whole or not at all, so that an interruption never costs more than the last steps."""
    unfinished = file.with_suffix(".part")
    torch.save(dict(state), unfinished)
    unfinished.replace(file)


def _load(file: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(file, weights_only=True)
    return state
