"""Orders for one model, carried out a native call at a time.

Everything here blocks and belongs on a lane's thread. Importing it brings in faster-whisper, 50 MB
and a second of work: only where a model is loaded.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from retender.audio.pcm import Pcm
from retender.engines.api import EngineMessage, Progress
from retender.engines.faster_whisper import language
from retender.engines.faster_whisper.chunk_decoder import Utterance
from retender.engines.faster_whisper.decoding import Advance, recognise
from retender.engines.faster_whisper.doubt import Thresholds
from retender.engines.faster_whisper.encoded_windows import EncodedWindows, WindowPlace
from retender.engines.faster_whisper.model import FRAMES_PER_SECOND, Instructions, Model
from retender.engines.faster_whisper.notes import Detected, note, noted
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.errors import Failure, InvalidOption, UploadExpired, WorkError
from retender.jobs.job import AUTO_LANGUAGE, Options
from retender.jobs.pieces import PREPARATION
from retender.storage.blobs import Blobs
from retender.transcript.chunks import SAMPLE_RATE, Plan, Span
from retender.workers.orders import Failed, Order, Transcribed

_PLACEHOLDER = "en"

_BEGINNING_WINDOWS: Final = 3

FIRST_CHUNK: Final = PREPARATION + 1


class Recogniser:
    def __init__(self, folder: Path, settings: WhisperSettings, blobs: Blobs) -> None:
        self._model = Model(folder, settings)
        self._beam = settings.beam
        self._blobs = blobs
        self._encoded = EncodedWindows()

    def unload(self) -> None:
        self._model.unload()

    def settle_language(
        self, order: Order, plan: Plan, recording: Path
    ) -> Iterator[language.Listening | Detected]:
        """For all chunks of a job, before any is worked on. Ends with the language, if it has to be
        looked for."""
        if plan.chunks and self._wants_detection(order.options):
            yield (yield from self._settle(order, plan.chunks, _pcm(recording)))

    def work(
        self, orders: Sequence[Order], name: str, recordings: Mapping[str, Path]
    ) -> Iterator[EngineMessage]:
        """One outcome for each order; what is wrong with the computing itself is raised.

        `name` is what the model is called. `recordings` has the decoded audio by the order's token.
        """
        begun: list[Order] = []
        utterances: list[Utterance] = []
        for order in orders:
            try:
                utterance = self._utterance(order, recordings[order.token])
                utterances.append(utterance._replace(soon=_begins(order, orders)))
            except WorkError as error:
                yield Failed(order.token, error.failure())
            except InvalidOption as error:
                yield Failed(order.token, Failure(error.code, error.message, spoils_job=True))
            else:
                begun.append(order)
                yield Progress(order.token, 0.0)
        for step in recognise(self._model, utterances, self._beam):
            token = begun[step.number].token
            if isinstance(step, Advance):
                yield Progress(token, step.seconds)
            else:
                yield Transcribed(token, step.result, "local", name)

    def _utterance(self, order: Order, recording: Path) -> Utterance:
        options, chunk = order.options, order.chunk
        assert chunk is not None
        pcm = _pcm(recording)
        spoken, probability = self._language(order, pcm)
        samples = language.read(pcm, chunk.start, chunk.end)
        return Utterance(
            samples,
            chunk.start / SAMPLE_RATE,
            Instructions(spoken, str(options.task), options.prompt, options.hotwords),
            probability,
            detect=options.multilingual and self._model.multilingual,
            among=options.languages,
            words=options.word_timestamps or chunk.joined_by_words,
            temperature=options.temperature,
            pauses=tuple(
                ((start - chunk.start) / SAMPLE_RATE, (end - chunk.start) / SAMPLE_RATE)
                for start, end in chunk.pauses
            ),
            thresholds=Thresholds(
                no_speech=options.no_speech_threshold,
                log_probability=options.log_prob_threshold,
                repetition=options.compression_ratio_threshold,
            ),
            numerals=not options.suppress_numerals,
            encoded=self._encoded.take(WindowPlace(order.job_id, chunk.start, chunk.end)),
        )

    def _language(self, order: Order, pcm: Pcm) -> tuple[str, float | None]:
        options = order.options
        if options.multilingual and self._model.multilingual:
            if options.languages and not any(map(self._model.knows, options.languages)):
                raise language.unknown(options.languages)
            return _PLACEHOLDER, None
        if self._wants_detection(options):
            found = noted(self._blobs.job_folder(order.job_id))
            found = found or _last(self._settle(order, self._beginning(pcm), pcm))
            return found.language, found.probability
        spoken = _PLACEHOLDER if options.language == AUTO_LANGUAGE else options.language
        if not self._model.knows(spoken):
            raise InvalidOption(f"the model does not know the language {spoken!r}")
        return spoken, None

    def _wants_detection(self, options: Options) -> bool:
        auto = options.language == AUTO_LANGUAGE and not options.multilingual
        return auto and self._model.multilingual

    def _settle(
        self, order: Order, places: Sequence[language.HasSpan], pcm: Pcm
    ) -> Generator[language.Listening, None, Detected]:
        among = order.options.languages
        found = yield from language.detect(
            self._model, pcm, places, among, partial(self._keep, order.job_id)
        )
        note(self._blobs.job_folder(order.job_id), found, order.token)
        return found

    def _keep(self, job_id: str, place: language.HasSpan, encoded: Any) -> None:
        """For the chunk at this place. On a GPU windows are encoded together, and none is kept."""
        if self._model.takes_less and not self._model.encodes_together:
            self._encoded.keep(WindowPlace(job_id, place.start, place.end), encoded)

    def _beginning(self, pcm: Pcm) -> list[Span]:
        """The first windows, where the job was prepared by somebody who left no note."""
        window = self._model.window * SAMPLE_RATE // FRAMES_PER_SECOND
        starts = range(0, pcm.samples, window)[:_BEGINNING_WINDOWS]
        return [Span(start, min(pcm.samples, start + window)) for start in starts]


def _begins(order: Order, orders: Sequence[Order]) -> bool:
    """It is the first of a recording's chunks: a reader waits for its text, and the next ones come
    while it is read."""
    several = any(other.job_id == order.job_id for other in orders if other is not order)
    return order.index == FIRST_CHUNK and several


def _last(work: Generator[language.Listening, None, Detected]) -> Detected:
    """On this lane alone."""
    while True:
        try:
            calls = next(work)
        except StopIteration as end:
            found: Detected = end.value
            return found
        for call in calls:
            call()


def _pcm(recording: Path) -> Pcm:
    try:
        return Pcm.at(recording)
    except FileNotFoundError as error:
        raise UploadExpired("the decoded audio of this job is no longer here") from error
