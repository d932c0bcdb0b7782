"""`retender doctor`."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from deployments.cli.exit_status import FAILED, command
from deployments.doctor.finding import Finding, State

MARKS: Final = {
    State.GOOD: ("✓", "green"),
    State.DOUBTFUL: ("!", "yellow"),
    State.BAD: ("✗", "red"),
}


@command
async def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> int:
    """See whether everything is here that the service needs.

    Each line says what to do. Ends with 1 where something would keep it from working.

    Example: retender doctor --json
    """

    # The other commands need not wait for all that it looks at.
    from deployments.doctor.examination import examine  # noqa: PLC0415 - see above

    findings = await examine()
    well = all(finding.state is not State.BAD for finding in findings)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode({"ok": well, "checks": findings}) + b"\n")
    else:
        _show(findings)
    return 0 if well else FAILED


def _show(findings: tuple[Finding, ...]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(finding.about) for finding in findings)
    for finding in findings:
        mark, colour = MARKS[finding.state]
        line = Text(f"{mark} ", style=colour)
        line.append(f"{finding.about:<{width}}  ", style="bold")
        line.append(finding.found, style="default")
        console.print(line)
        if finding.advice:
            console.print(Text(f"  {'':<{width}}  → {finding.advice}"))
            console.print(Text(f"  {'':<{width}}    {finding.page}", style="dim"))
