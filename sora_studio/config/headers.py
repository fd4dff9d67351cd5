"""Checking what goes along as an HTTP header: what cannot be sent would look like a broken connection."""

import re

from pydantic import SecretStr

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[!-~]+([ \t]+[!-~]+)*")


def header_name(text: str) -> str:
    """Check that a header can be called so (RFC 9110 §5.1)."""
    if not _NAME.fullmatch(text):
        message = "must be the name of a header such as x-api-key"
        raise ValueError(message)
    return text


def header_value(secret: SecretStr) -> SecretStr:
    """Check that a header can carry this; white space around it, as pasted text has, comes off."""
    text = secret.get_secret_value().strip()
    if text and not _VALUE.fullmatch(text):
        message = "has characters that cannot be sent in a header"
        raise ValueError(message)
    return SecretStr(text)
