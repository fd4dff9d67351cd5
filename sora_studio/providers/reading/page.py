"""Lists of jobs."""

from sora_studio.domain.ports import RemoteJob, RemotePage
from sora_studio.providers.reading import names
from sora_studio.providers.reading.error import RefusedInBody
from sora_studio.providers.reading.job import OTHER_THINGS, read_new_job
from sora_studio.providers.wire import MalformedResponse, as_list, as_object, as_text


def read_page(body: object, limit: int) -> RemotePage:
    """Read a list; entries that are no jobs are passed over.

    Args:
        body: The answer.
        limit: How many were asked for: where `has_more` is missing, a full page may be followed by another.

    Raises:
        MalformedResponse: It is no list.
    """
    outer = as_object(body)
    places = (outer, *(as_object(outer.get(name)) for name in names.WRAPPERS))
    bare = body or None  # an empty array is what some gateways say to anything
    lists = [bare, *(place.get(name) for place in places for name in names.LISTS)]
    entries = next((as_list(each) for each in lists if isinstance(each, list)), None)
    if entries is None:
        message = "The provider's answer is not a list."
        raise MalformedResponse(message)
    jobs: list[RemoteJob] = []
    for entry in entries:
        if as_object(entry).get("object") in OTHER_THINGS:
            continue
        try:
            jobs.append(read_new_job(entry))
        except (MalformedResponse, RefusedInBody):
            continue
    said = {
        name: place[name]
        for place in reversed(places)
        for name in (*names.MORE, *names.LAST_IDS)
        if name in place
    }
    last_id = next((text for name in names.LAST_IDS if (text := as_text(said.get(name)))), None)
    has_more = next((said[name] for name in names.MORE if name in said), len(entries) >= limit)
    return RemotePage(
        tuple(jobs), last_id or (jobs[-1].remote_id if jobs else None), has_more=has_more is True
    )
