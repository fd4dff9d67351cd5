"""Links to objects are signed as Amazon's own library signs them."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pydantic import SecretStr

from sora_studio.config.object_store import AccessKey
from sora_studio.storage.signed_links import signed_link


@pytest.mark.parametrize("token", [None, "a/token+of=now"])
@pytest.mark.parametrize("name", ["film.mp4", "a film ~1.mp4"])
def test_the_signature_is_theirs(token: str | None, name: str):
    answer = {"response-content-disposition": "attachment; filename=\"B_r\"; filename*=UTF-8''B%C3%A4r"}
    url = f"https://s3.example.org:9000/films/studio/{name}"
    request = AWSRequest(method="GET", url=url.replace(" ", "%20"), params=answer)
    S3SigV4QueryAuth(Credentials("AKID", "the secret", token), "s3", "eu-central-1", 600).add_auth(request)
    theirs = dict(parse_qsl(urlsplit(str(request.url)).query))

    key = AccessKey("AKID", SecretStr("the secret"), SecretStr(token) if token else None)
    since = datetime.strptime(theirs["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = signed_link(url, "eu-central-1", key, answer, (since, 600))

    assert dict(parse_qsl(urlsplit(ours).query)) == theirs
