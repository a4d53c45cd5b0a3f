"""What advice changes of the settings somebody has set by hand, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ..message import Joined, Message
from ..settings import RestoreSettings
from .reasons import mode_in_words, on_or_off

_UNCHANGED = Message("GPEN Advisor leaves the settings as they are.")


def replaced_settings(asked: RestoreSettings, used: Sequence[RestoreSettings]) -> str:
    """ "Set by GPEN Advisor: strength 55 instead of 60." asked: as set by hand. used: as advised, of each picture.

    Values that differ between the pictures stand beside each other, in the order of the pictures.
    """
    before = _in_words(asked)
    after = [_in_words(one) for one in used]
    parts = [
        Message("{setting} {value} instead of {asked}", setting=setting, value=Joined("/", values), asked=value)
        for setting, value in before.items()
        if (values := tuple(dict.fromkeys(words[setting] for words in after))) != (value,)
    ]
    return Message("Set by GPEN Advisor: {settings}.", settings=Joined(", ", parts)) if parts else _UNCHANGED


def _in_words(settings: RestoreSettings) -> dict[str, str]:
    """The values that depend on the picture, by the names of the settings."""
    return {
        Message("strength"): f"{settings.strength:g}",
        Message("mode"): mode_in_words(settings.mode),
        Message("denoise"): f"{settings.denoise:g}",
        Message("sharpen"): f"{settings.sharpen:g}",
        Message("contrast"): f"{settings.contrast:g}",
        Message("brightness"): f"{settings.brightness:g}",
        Message("skin protect"): on_or_off(settings.skin_protect),
        Message("detail enhance"): on_or_off(settings.detail_enhance),
    }
