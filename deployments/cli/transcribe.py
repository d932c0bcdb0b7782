"""`retender transcribe`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from deployments.cli.bars import Bars
from deployments.cli.exit_status import FAILED, complain, run
from deployments.cli.service import Key, Server, looked_for
from deployments.cli.sources import SourceNotFound, sources, targets
from deployments.cli.tables import progress_console
from deployments.client.backend import RecordingSource, TranscriptionBackend, TranscriptionRequest
from deployments.client.by_service import ServiceBackend
from deployments.client.cause import cause
from deployments.limits import FILES_AT_ONCE
from deployments.logs import configuration
from deployments.settings import Settings, read
from retender.errors import EngineUnavailable, InvalidOption, RetenderError
from retender.transcript.formats import Format
from serve_app.uploads.options import wanted

STDOUT: Final = "-"

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE|GLOB|URL…", help="Recordings.", show_default=False),
]
OutputDir = Annotated[
    str,
    typer.Option(metavar="FOLDER", help="Where to write a file for each; `-` prints the texts."),
]


def transcribe(  # noqa: PLR0917 - the options of the command, which are given by name
    files: Files,
    kind: Annotated[Format, typer.Option("--format", help="How the text is written.")] = "txt",
    output_dir: OutputDir = STDOUT,
    language: Annotated[str, typer.Option(help="A code such as `es`, or `auto`.")] = "auto",
    languages: Annotated[
        str,
        typer.Option(
            metavar="CODES", help="What `auto` chooses among: `es,en`.", show_default=False
        ),
    ] = "",
    model: Annotated[
        str, typer.Option(help="`digits` needs no download.", show_default=False)
    ] = "",
    task: Annotated[
        Literal["transcribe", "translate"], typer.Option(help="`translate` is into English.")
    ] = "transcribe",
    engine: Annotated[Literal["auto", "local", "groq"], typer.Option()] = "auto",
    word_timestamps: Annotated[
        bool, typer.Option("--word-timestamps", help="Words with times, in the JSON formats.")
    ] = False,
    multilingual: Annotated[
        bool, typer.Option("--multilingual", help="Several languages in one recording.")
    ] = False,
    prompt: Annotated[
        str, typer.Option(help="What the model should know: names, style.", show_default=False)
    ] = "",
    hotwords: Annotated[str, typer.Option(help="Words to listen for.", show_default=False)] = "",
    temperature: Annotated[float, typer.Option(min=0, max=1)] = 0,
    server: Server = "",
    key: Key = "",
    no_service: Annotated[
        bool, typer.Option("--no-service", help="Do the work here, though a service runs.")
    ] = False,
) -> None:
    """Turn recordings into text.

    A service that runs here, or the one of --server, does the work; without one it is done in
    this process. Exit status: 0 all done, 1 some failed, 2 wrong usage, 130 after Ctrl-C, which
    cancels the jobs.

    Example: retender transcribe 'talks/*.mp3' --format srt --output-dir subtitles
    """
    given = {
        "language": language,
        "languages": languages,
        "model": model,
        "task": task,
        "engine": engine,
        "word_timestamps": "true" if word_timestamps else "",
        "multilingual": "true" if multilingual else "",
        "prompt": prompt,
        "hotwords": hotwords,
        "temperature": str(temperature) if temperature else "",
    }
    request = TranscriptionRequest(
        {name: value for name, value in given.items() if value.strip()}, kind
    )
    try:
        wanted({name: [value] for name, value in request.fields.items()})
        recordings = sources(files)
    except (SourceNotFound, InvalidOption) as error:
        raise typer.BadParameter(cause(error)) from error
    settings = read()
    configuration.configure("ERROR", settings.log_format)
    folder = None if output_dir == STDOUT else Path(output_dir)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)

    async def work() -> int:
        async with _backend(settings, server, key, here=no_service) as backend:
            return await _all(backend, recordings, request, folder)

    raise SystemExit(run(work()))


@asynccontextmanager
async def _backend(
    settings: Settings, server: str, key: str, *, here: bool
) -> AsyncIterator[TranscriptionBackend]:
    client = None if here else await looked_for(settings, server, key)
    if client is not None:
        async with client:
            yield ServiceBackend(client, settings.language)
        return
    # Only without a service is the whole tree imported here.
    from deployments.client.in_process import temporary_service  # noqa: PLC0415 - see above
    from deployments.wiring.engines import pools  # noqa: PLC0415 - see above

    engines = pools(settings)
    if not engines:
        raise EngineUnavailable("nothing here recognises speech: `retender doctor` says what to do")
    async with temporary_service(settings, engines) as backend:
        yield backend


async def _all(
    backend: TranscriptionBackend,
    recordings: Sequence[RecordingSource],
    request: TranscriptionRequest,
    folder: Path | None,
) -> int:
    """The exit status."""
    places: Sequence[Path | None] = [None] * len(recordings)
    if folder is not None:
        places = targets(recordings, folder, request.kind)
    with Bars(progress_console(), len(recordings)) as bars:
        work = _Work(backend, request, bars)
        async with asyncio.TaskGroup() as group:
            under_way = [
                group.create_task(work.one(source, place))
                for source, place in zip(recordings, places, strict=True)
            ]
            texts = [await work.printed(task, folder is None) for task in under_way]
    return 0 if None not in texts else FAILED


class _Work:
    def __init__(
        self, backend: TranscriptionBackend, request: TranscriptionRequest, bars: Bars
    ) -> None:
        self._backend = backend
        self._request = request
        self._bars = bars
        self._slots = asyncio.Semaphore(FILES_AT_ONCE)

    async def one(self, source: RecordingSource, place: Path | None) -> str | None:
        """The transcript; None if it failed, which has been printed then."""
        async with self._slots:
            try:
                with self._bars.watching(source.name) as watch:
                    text = await self._backend.transcribe(source, self._request, watch)
                if place is not None:
                    await asyncio.to_thread(place.write_text, text, encoding="utf-8")
            except (RetenderError, OSError) as error:
                with self._bars.aside():
                    complain(error, str(source))
                return None
        self._bars.tell(f"✓ {source}" if place is None else f"✓ {source} → {place}")
        return text

    async def printed(self, task: asyncio.Task[str | None], wanted_here: bool) -> str | None:
        """Print transcripts in the order of the recordings."""
        text = await task
        if text is not None and wanted_here:
            with self._bars.aside():
                sys.stdout.write(text)
                sys.stdout.flush()
        return text
