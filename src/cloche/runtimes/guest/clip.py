"""Text cut to a budget, with a line in the middle that says how much is gone."""


def clip(text: str, limit_bytes: int) -> tuple[str, bool]:
    """`text` as valid UTF-8 of about `limit_bytes` at most, and whether anything was cut."""
    text = str.__str__(text)  # what calls itself a string may lie about its length
    if len(text) <= limit_bytes and text.isascii():
        return text, False
    data = str.encode(text, "utf-8", "backslashreplace")
    if len(data) <= limit_bytes:
        return data.decode(), False
    half = limit_bytes // 2
    head = data[:half].decode(errors="ignore")
    tail = data[len(data) - half :].decode(errors="ignore")
    return f"{head}\n[... {len(data) - 2 * half} bytes cut ...]\n{tail}", True
