"""Links by which anybody may read one object for a while: AWS Signature Version 4, in the query.

obstore signs links, too, but leaves no room for what the answer's headers are to say.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from urllib.parse import quote, urlsplit

from sora_studio.config.object_store import AccessKey

_ALGORITHM, _AS_IS = "AWS4-HMAC-SHA256", "-_.~"


def signed_link(
    url: str, region: str, key: AccessKey, answer: Mapping[str, str], valid: tuple[datetime, int]
) -> str:
    """Return a link that reads an object.

    Args:
        url: Of the object, in the style of paths.
        region: Of its bucket.
        key: Who signs.
        answer: What the headers of the answer are to say: `response-content-type` and its like.
        valid: From when, and for how many seconds.
    """
    since, seconds = valid
    stamp = f"{since:%Y%m%dT%H%M%SZ}"
    day, *rest = scope = (stamp[:8], region, "s3", "aws4_request")
    asked = {
        **answer,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": "/".join((key.id, *scope)),
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if key.token:
        asked["X-Amz-Security-Token"] = key.token.get_secret_value()
    query = "&".join(f"{quote(name, _AS_IS)}={quote(value, _AS_IS)}" for name, value in sorted(asked.items()))
    parts = urlsplit(url)
    path = quote(parts.path, f"/{_AS_IS}")
    request = "\n".join(("GET", path, query, f"host:{parts.netloc}\n", "host", "UNSIGNED-PAYLOAD"))
    digest = hashlib.sha256(request.encode()).hexdigest()
    first = _hmac(f"AWS4{key.secret.get_secret_value()}".encode(), day)
    signature = _hmac(reduce(_hmac, rest, first), "\n".join((_ALGORITHM, stamp, "/".join(scope), digest)))
    return f"{parts.scheme}://{parts.netloc}{path}?{query}&X-Amz-Signature={signature.hex()}"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
