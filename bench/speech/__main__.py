"""Recordings of people through faster-whisper by itself and through the service.

    python -m bench.speech [--model FOLDER] [--languages en,es,fr] [--seconds 250] [--clips 40]
                           [--seeds 1,3] [--rounds 1] [--beam 5] [--only KINDS] [--quick]

(long) a long recording, (clips) short ones: one after the other there, all at once here, (auto) the
same with the language to be found; (sure) how far the confidence of words can be trusted, in the
long recording; (hot) prompts with rare words, without and with these as hot words.

Word errors in per cent, with what was replaced, lost and added; seconds by the clock, and of the
processors. All ways take turns, each time in a process of its own; of several rounds the fastest
counts. Of several seeds, each a recording of its own, errors and seconds are added up: one of five
minutes has too few words to tell ways apart that differ by a point. Loading is counted nowhere. The
model is `base`, from where the service gets it (`models.py`); the recordings come from Debian's
archive (`recordings.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from loguru import logger

from bench.speech import models
from bench.speech.calibration import bins, error, judged
from bench.speech.measure import CORES, Figures, Total, scored, total
from bench.speech.raw import MODES, Raw
from bench.speech.recordings import LANGUAGES, Recording, clips, joined, long, prompts
from bench.speech.served import served
from bench.speech.texts import words

HERE: Final = "the service"
SURE: Final = "sure"
HOT: Final = "hot"
KINDS: Final = ("long", "clips", "auto", SURE, HOT)

HOT_WORDS: Final = {
    "en": "Undelete, weasels, eaten, blacklist, agent.",
    "es": "Buzón, cuelgue, contraseña, presione.",
    "fr": "Messagerie, raccrochez, dièse, conférence.",
}
"""Written as a sentence: the model takes on the style."""


class Task(msgspec.Struct, frozen=True):
    """One row, for a process of its own."""

    who: str
    kind: str
    language: str
    seed: int
    seconds: float
    count: int
    model: str
    beam: int
    hot: bool = False

    def recordings(self) -> list[Recording]:
        if self.kind in {"long", SURE}:
            return [long(self.language, self.seconds, seed=self.seed)]
        if self.kind == HOT:
            rare = set(words(HOT_WORDS[self.language], self.language))
            every = prompts(self.language)
            mine = [each for each in every if rare.intersection(words(each.text, self.language))]
            return [joined(self.language, [each]) for each in mine[: self.count]]
        return clips(self.language, self.count, seed=self.seed)

    @property
    def asked(self) -> str | None:
        return None if self.kind == "auto" else self.language


def done(task: Task) -> Figures:
    logger.remove()
    recordings, folder = task.recordings(), Path(task.model)
    if task.who == HERE:
        hotwords = HOT_WORDS[task.language] if task.hot else ""
        timed = task.kind == SURE
        return asyncio.run(
            served(folder, recordings, task.asked, task.beam, hotwords=hotwords, words=timed)
        )
    return Raw(folder, task.who, task.beam).one_after_the_other(recordings, task.asked)


def measured(task: Task) -> Figures:
    command = [sys.executable, "-m", "bench.speech", "--row", msgspec.json.encode(task).decode()]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return msgspec.json.decode(told, type=Figures)


def rows(tasks: Sequence[Task], rounds: int) -> Iterator[str]:
    best: dict[Task, Figures] = {}
    for _ in range(rounds):
        for task in tasks:
            figures = measured(task)
            before = best.get(task)
            if before is None or figures.seconds < before.seconds:
                best[task] = figures
    totals: dict[str, Total] = {}
    for task, figures in best.items():
        totals[task.who] = totals.get(task.who, Total()) + total(task.recordings(), figures)
    against = totals.get("batched") or totals["sequential"]
    for who, each in totals.items():
        wrong = each.wrong
        kinds = f"({wrong.replaced}/{wrong.lost}/{wrong.added})"
        mistaken = f", {each.mistaken} in another language" if each.mistaken else ""
        yield (
            f"    {who:12}{100 * wrong.rate:7.2f} % {kinds:14}{each.seconds:8.1f} s"
            f"{each.busy:8.1f} s{against.seconds / each.seconds:6.2f} x"
            f"{against.busy / each.busy:6.2f} x{mistaken}"
        )


def sureness(task: Task) -> Iterator[str]:
    """Rows: the words by their confidence."""
    (recording,), (heard,) = task.recordings(), measured(task).words
    found = bins(judged(recording.text, heard, task.language))
    for each in found:
        yield (
            f"    {each.least:4.2f} to {each.most:4.2f}: {each.words:5} words, "
            f"{100 * each.confidence:5.1f} % sure, {100 * each.right:5.1f} % right"
        )
    yield f"    apart in the mean: {100 * error(found):.1f} points"


def vocabulary(task: Task) -> Iterator[str]:
    """Rows: word errors without and with hot words."""
    recordings = task.recordings()
    for hot in (False, True):
        wrong = scored(recordings, measured(msgspec.structs.replace(task, hot=hot)))
        kinds = f"({wrong.replaced}/{wrong.lost}/{wrong.added})"
        yield f"    {'with' if hot else 'without':12}{100 * wrong.rate:7.2f} % {kinds}"


def main() -> None:
    if sys.argv[1:2] == ["--row"]:
        print(json.dumps(msgspec.to_builtins(done(msgspec.json.decode(sys.argv[2], type=Task)))))
        return
    asked = arguments()
    folder = asked.model or str(models.base())
    print(f"{folder}, int8, beam {asked.beam}, {CORES} cores, seeds {asked.seeds}", flush=True)
    print(f"    {'':12}{'word error':24}{'clock':>7}{'busy':>10}", flush=True)
    for kind in asked.only.split(","):
        for language in asked.languages.split(","):
            who: tuple[str, ...] = (HERE,)
            if kind not in {SURE, HOT}:
                who = (*MODES, HERE) if kind == "long" else (MODES[0], HERE)
            tasks = [
                Task(
                    each,
                    kind,
                    language,
                    int(seed),
                    asked.seconds,
                    asked.clips,
                    folder,
                    asked.beam,
                )
                for seed in asked.seeds.split(",")
                for each in who
            ]
            recordings = [each for task in tasks[:: len(who)] for each in task.recordings()]
            seconds = sum(each.seconds for each in recordings)
            print(f"{language}, {kind}: {len(recordings)} of {seconds:.0f} s", flush=True)
            for row in _rows(kind, tasks, asked.rounds):
                print(row, flush=True)


def _rows(kind: str, tasks: Sequence[Task], rounds: int) -> Iterator[str]:
    if kind == SURE:
        return sureness(tasks[0])
    return vocabulary(tasks[0]) if kind == HOT else rows(tasks, rounds)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.speech", description=__doc__)
    parser.add_argument("--model", default="")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--only", default=",".join(KINDS))
    parser.add_argument("--seconds", type=float, default=250)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--seeds", default="1,3")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    if asked.quick:
        asked.seconds, asked.clips, asked.languages, asked.seeds = 30, 4, "en", "1"
    return asked


if __name__ == "__main__":
    main()
