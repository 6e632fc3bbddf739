"""An outcome as text for a model to read: everything that matters, most telling first."""

from __future__ import annotations

from cloche.outcome import Outcome


def render(outcome: Outcome, *, must_name: bool = False) -> str:
    """Return the text block that goes out beside the structured outcome.

    With `must_name`, nothing but its id brings the client back to this session.
    """
    parts: list[str] = []
    if outcome.result is not None:
        parts.append(outcome.result)
    if outcome.stdout:
        parts.append(_titled("stdout", outcome.stdout))
    if outcome.stderr:
        parts.append(_titled("stderr", outcome.stderr))
    if outcome.error is not None:
        said = outcome.error.traceback or f"{outcome.error.type}: {outcome.error.message}"
        parts.append(_titled("error", said))
    for output in outcome.outputs:
        where = f" in {output.path}" if output.path else ""
        size = f" {output.width}x{output.height}" if output.width and output.height else ""
        note = f" ({output.text})" if output.text else ""
        parts.append(f"[{output.kind}{size}{where}{note}]")
    if outcome.files:
        changes = ", ".join(f"{file.path} {file.change}" for file in outcome.files[:20])
        more = f" and {len(outcome.files) - 20} more" if len(outcome.files) > 20 else ""
        parts.append(f"[files: {changes}{more}]")
    if outcome.truncated and outcome.full_output_path:
        parts.append(f"[cut; the whole text is in {outcome.full_output_path}]")
    if outcome.status == "running":
        parts.append("[it goes on; call execute_code with empty code to wait for its outcome]")
    if must_name:
        parts.append(f"[to go on with these variables, pass session_id {outcome.session_id}]")
    parts.append(_footer(outcome))
    return "\n".join(parts)


def _titled(title: str, text: str) -> str:
    return f"--- {title} ---\n{text.rstrip()}"


def _footer(outcome: Outcome) -> str:
    status = outcome.status if outcome.limit is None else f"{outcome.status} ({outcome.limit})"
    return (
        f"[{status}; variables {outcome.state}; turn {outcome.turn} of session "
        f"{outcome.session_id}; {outcome.wall_seconds:.3g} s]"
    )
