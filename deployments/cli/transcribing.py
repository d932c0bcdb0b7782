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
from deployments.cli.outcomes import FAILED, cause, complain, run
from deployments.cli.showing import watched
from deployments.cli.sources import NothingThere, sources, targets
from deployments.cli.talking import Key, Server, looked_for
from deployments.client.backend import Source, TranscriptionBackend, TranscriptionRequest
from deployments.client.by_service import ServiceBackend
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

    The work is done by the service that runs here or that --server names, else in this very
    process. Ends with 0 when all went well, 1 when some failed, 2 when it was asked for wrongly,
    130 after Ctrl-C, which calls the work off.

    Example: retender transcribe 'talks/*.mp3' --format srt --output-dir subtitles
    """
    given = {
        "language": language,
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
    except (NothingThere, InvalidOption) as error:
        raise typer.BadParameter(cause(error)) from error
    settings = read()
    configuration.configure("ERROR", settings.log_format)
    folder = None if output_dir == STDOUT else Path(output_dir)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)

    async def work() -> int:
        async with _desk(settings, server, key, here=no_service) as desk:
            return await _all(desk, recordings, request, folder)

    raise SystemExit(run(work()))


@asynccontextmanager
async def _desk(
    settings: Settings, server: str, key: str, *, here: bool
) -> AsyncIterator[TranscriptionBackend]:
    client = None if here else await looked_for(settings, server, key)
    if client is not None:
        async with client:
            yield ServiceBackend(client, settings.language)
        return
    # Without a service all that it takes is needed here.
    from deployments.client.in_process import passing_service  # noqa: PLC0415 - see above
    from deployments.wiring.engines import pools  # noqa: PLC0415 - see above

    engines = pools(settings)
    if not engines:
        raise EngineUnavailable("nothing here recognises speech: `retender doctor` says what to do")
    async with passing_service(settings, engines) as desk:
        yield desk


async def _all(
    desk: TranscriptionBackend,
    recordings: Sequence[Source],
    request: TranscriptionRequest,
    folder: Path | None,
) -> int:
    """The exit status."""
    places: Sequence[Path | None] = [None] * len(recordings)
    if folder is not None:
        places = targets(recordings, folder, request.kind)
    with Bars(watched(), len(recordings)) as bars:
        work = _Work(desk, request, bars)
        async with asyncio.TaskGroup() as group:
            under_way = [
                group.create_task(work.one(source, place))
                for source, place in zip(recordings, places, strict=True)
            ]
            texts = [await work.printed(task, folder is None) for task in under_way]
    return 0 if None not in texts else FAILED


class _Work:
    def __init__(
        self, desk: TranscriptionBackend, request: TranscriptionRequest, bars: Bars
    ) -> None:
        self._desk = desk
        self._request = request
        self._bars = bars
        self._room = asyncio.Semaphore(FILES_AT_ONCE)

    async def one(self, source: Source, place: Path | None) -> str | None:
        """Its text; None when it failed, which has been said then."""
        async with self._room:
            try:
                with self._bars.watching(source.name) as watch:
                    text = await self._desk.transcribe(source, self._request, watch)
                if place is not None:
                    await asyncio.to_thread(place.write_text, text, encoding="utf-8")
            except (RetenderError, OSError) as error:
                with self._bars.aside():
                    complain(error, str(source))
                return None
        self._bars.tell(f"✓ {source}" if place is None else f"✓ {source} → {place}")
        return text

    async def printed(self, task: asyncio.Task[str | None], wanted_here: bool) -> str | None:
        """The texts come in the order of their recordings, whichever is ready first."""
        text = await task
        if text is not None and wanted_here:
            with self._bars.aside():
                sys.stdout.write(text)
                sys.stdout.flush()
        return text
