"""Files that come in: how large what is sent may be, by what it is, and forms with their files."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath

from backhaul.kit.http import BODY_BYTES_MAX, unreadable
from backhaul.kit.machine import Refused

FILE_BYTES_MAX = 12 * 1024 * 1024  # a photo, a document, or a form with one
PHOTOS_BYTES_MAX = 64 * 1024 * 1024  # a form with its photos
UPLOAD_BYTES_MAX = 160 * 1024 * 1024  # a form with its photos and a video, or a video
FILES_MAX = 50  # of a field of a form: more than any policy lets through, and few enough to be made anew
# What a body may be that is a file itself.
PICTURES: Mapping[str, type] = {"image/jpeg": bytes, "image/png": bytes, "image/webp": bytes}
FILMS: Mapping[str, type] = {"video/mp4": bytes, "video/quicktime": bytes, "video/webm": bytes, "video/3gpp": bytes}

Req = Request[Any, Any, Any]
Read = Callable[[], Awaitable[bytes]]  # brings what was sent, or a file of it, into memory


class FormRequest(Request[Any, Any, Any]):
    """Reads forms as everybody's request does, and refuses what is no text where a text should be."""

    async def form(self) -> FormMultiDict:
        """The form. A part names its own encoding, and may name one that does not exist, or that makes halves of letters."""
        try:
            form = await super().form()
            for _, value in form.multi_items():
                if isinstance(value, str):
                    value.encode()
        except (ValueError, LookupError) as error:
            raise unreadable("unreadable") from error
        return form


async def read_form(request: Req, values: dict[str, Any],
                    **keep: Callable[[Read], Awaitable[str]]) -> None:  # fmt: skip
    """Fill `values` from a sent form. `keep` by field, `photos` and `videos`: reads and stores one file and answers its id.

    Such a field holds the ids of all, those that an earlier try has stored among them.
    """
    form = await request.form()
    values.update({name: form.get(name) for name in form if name not in keep})
    sent = {name: form.getall(name, []) for name in keep}
    values.update({name: [one for one in those if isinstance(one, str) and one] for name, those in sent.items()})
    for name, those in sent.items():
        if len(those) > FILES_MAX:  # before the first is decoded: a small file can be a large picture
            raise Refused("field_invalid", "invalid", name, problem="too_many", count_max=FILES_MAX)
    for name, those in sent.items():
        for file in those:
            if isinstance(file, UploadFile) and file.filename:
                values[name].append(await keep[name](file.read))


def form_bytes_max(command: type[msgspec.Struct]) -> int:
    """How large the form of a command may be, by the files that belong to it."""
    fields = command.__struct_fields__
    return UPLOAD_BYTES_MAX if "videos" in fields else PHOTOS_BYTES_MAX if "photos" in fields else BODY_BYTES_MAX


def act_doors(path: str, acts: Mapping[str, type[msgspec.Struct]],
              perform: Callable[[Req, int, str], Awaitable[Response[Any]]]) -> list[Any]:  # fmt: skip
    """POST <path>/{case_id}/{word} for every act on a page: only those with files take large forms."""

    @post(f"{path}/{{case_id:int}}/{{word:str}}", include_in_schema=False)
    async def without_files(request: Req, case_id: FromPath[int], word: FromPath[str]) -> Response[Any]:
        return await perform(request, case_id, word)

    async def with_files(request: Req, case_id: FromPath[int]) -> Response[Any]:
        return await perform(request, case_id, request.url.path.rpartition("/")[2])

    sizes = {word: form_bytes_max(command) for word, command in acts.items()}
    larger = [
        post(f"{path}/{{case_id:int}}/{word}", include_in_schema=False, request_max_body_size=size)(with_files)
        for word, size in sizes.items()
        if size > BODY_BYTES_MAX
    ]
    return [without_files, *larger]
