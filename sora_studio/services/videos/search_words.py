"""The words by which a video is found: split before a transaction begins, and long texts in a thread."""

import asyncio

from sora_studio.domain.words import words_of

_SHORT = 2_000  # characters, which take a few milliseconds


async def search_words(title: str, prompt: str) -> list[str]:
    """Return what a video with this title and prompt is found by."""
    text = f"{title} {prompt}"
    return words_of(text) if len(text) < _SHORT else await asyncio.to_thread(words_of, text)
