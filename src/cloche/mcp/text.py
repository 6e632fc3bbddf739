"""Results as text for a model to read: everything that matters, most telling first."""

from __future__ import annotations

from cloche.description import WorkspaceInfo
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
        where = f" in {_on_one_line(output.path)}" if output.path else ""
        size = f" {output.width}x{output.height}" if output.width and output.height else ""
        note = f" ({output.text})" if output.text else ""
        parts.append(f"[{output.kind}{size}{where}{note}]")
    if outcome.files:
        changes = ", ".join(
            f"{_on_one_line(file.path)} {file.change}" for file in outcome.files[:20]
        )
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


def render_workspace(info: WorkspaceInfo) -> str:
    """Return the text block that goes out beside the description of a session."""
    parts = [f"session {info.session_id} ({info.language}): {info.status}"]
    if info.detail:
        parts.append(info.detail)
    if info.variables is not None and info.variables_total is not None:
        left_out = info.variables_total - len(info.variables)
        parts.append(f"variables: {info.variables_total}{_but(left_out, 'older')}")
        parts += [
            _on_one_line(f"  {each.name}: {each.type} = {each.preview}") for each in info.variables
        ]
    if info.imports:
        parts.append(_on_one_line(f"imports: {', '.join(info.imports)}"))
    left_out = info.files_total - len(info.files)
    parts.append(f"files: {info.files_total}{_but(left_out, 'older')}")
    parts += [
        f"  {_on_one_line(file.path)} ({file.size} bytes, {file.modified_at:%Y-%m-%d %H:%M:%S})"
        for file in info.files
    ]
    if info.packages:
        parts.append(f"packages: {', '.join(f'{p.name} {p.version}' for p in info.packages)}")
    if info.turns:
        turns = ", ".join(f"{each.turn} {each.status or '?'}" for each in info.turns)
        parts.append(f"turns: {turns}")
        back = ", ".join(str(each.turn) for each in info.turns if each.restorable)
        parts.append(f"reset_workspace can go back to turn {back or '0 only'}")
    parts.append(_used(info))
    parts.append(
        f"made {info.created_at:%Y-%m-%d %H:%M:%S}, used {info.last_used_at:%Y-%m-%d %H:%M:%S}; "
        f"unused, it is destroyed at {info.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    )
    return "\n".join(parts)


def _but(count: int, which: str) -> str:
    return f", {count} {which} ones not listed" if count > 0 else ""


def _on_one_line(text: str) -> str:
    return text if text.isprintable() else repr(text)


def _used(info: WorkspaceInfo) -> str:
    usage, limits = info.usage, info.limits
    memory = "none yet" if usage.memory_bytes is None else _mib(usage.memory_bytes)
    return (
        f"used: memory {memory} of {_mib(limits.memory_bytes)}, "
        f"files {_mib(usage.workspace_bytes)} of {_mib(limits.workspace_bytes)}, "
        f"processor {usage.cpu_seconds:.3g} s of {limits.cpu_seconds:g} s, "
        f"checkpoints {_mib(usage.checkpoint_bytes)}"
    )


def _mib(count: int) -> str:
    return f"{count / 1024**2:.1f} MiB"


def _titled(title: str, text: str) -> str:
    return f"--- {title} ---\n{text.rstrip()}"


def _footer(outcome: Outcome) -> str:
    status = outcome.status if outcome.limit is None else f"{outcome.status} ({outcome.limit})"
    return (
        f"[{status}; variables {outcome.state}; turn {outcome.turn} of session "
        f"{outcome.session_id}; {outcome.wall_seconds:.3g} s]"
    )
