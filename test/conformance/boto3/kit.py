"""What the scripts share: clients, short waits, and how a refusal is checked.
The platform's address and key come from the environment, as a user sets them."""
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
import traceback

import boto3
import botocore.config
import botocore.exceptions

QUICK = {"Delay": 0.1, "MaxAttempts": 600}
HOST = os.environ["AWS_ENDPOINT_URL"].split("//")[1]


def client(service, **options):
    config = botocore.config.Config(retries={"total_max_attempts": 1}, **options)
    return boto3.client(service, config=config)


def refused(code, message, call, **arguments):
    """Calls and returns the error, which must have the code and the message:
    exactly, or as a compiled pattern that it matches from its beginning."""
    try:
        answer = call(**arguments)
    except botocore.exceptions.ClientError as e:
        error, meta = e.response["Error"], e.response["ResponseMetadata"]
        assert error["Code"] == code, "%s, not %s" % (error, code)
        fits = message.match(error["Message"]) if isinstance(message, re.Pattern) else message == error["Message"]
        assert fits, "%s, not %s" % (error, message)
        assert meta["HTTPStatusCode"] == 400 and meta["RequestId"], meta
        return e
    raise AssertionError("not refused with %s %s: %s" % (code, message, answer))


def until(what, so, seconds=30):
    """Looks again and again until so() holds, and returns what it said."""
    end = time.monotonic() + seconds
    while True:
        said = so()
        if said:
            return said
        if time.monotonic() > end:
            raise AssertionError("waited %d s for %s" % (seconds, what))
        time.sleep(0.05)


def pages(of, operation, member, size=1, **arguments):
    """Pages through an operation with pages of at most size and returns all
    items. A page is never larger, and every page but the last is full."""
    items, full = [], True
    for page in of.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **arguments):
        assert full, "a page that was not full was not the last"
        assert len(page[member]) <= size, page
        full = len(page[member]) == size
        items += page[member]
    assert len(items) == len({json.dumps(i, default=str, sort_keys=True) for i in items}), items
    return items


def busybox():
    for path in ("/bin/busybox", "/usr/bin/busybox"):
        if os.path.exists(path):
            with open(path, "rb") as f:  # a dynamic program names its loader near its beginning
                if b"/ld-" not in f.read(4096):
                    return path
    raise AssertionError("busybox-static is not installed")


def layer():
    """A layer with busybox under its usual names, as a gzip-compressed tar."""
    path = busybox()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for folder in ("bin", "tmp", "etc", "srv"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        with open(path, "rb") as f:
            data = f.read()
        entry = tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = len(data), 0o755
        tar.addfile(entry, io.BytesIO(data))
        for name in subprocess.run([path, "--list"], capture_output=True, text=True, check=True).stdout.split():
            if name != "busybox":
                entry = tarfile.TarInfo("bin/" + name)
                entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(entry)
        text = b"root:x:0:0::/:/bin/sh\nboat:x:1000:1000::/srv:/bin/sh\n"
        entry = tarfile.TarInfo("etc/passwd")
        entry.size, entry.mode = len(text), 0o644
        tar.addfile(entry, io.BytesIO(text))
    return out.getvalue()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def put_layer(ecr, repository, data, part=1 << 20):
    """Uploads a blob through ECR's own operations and returns its digest."""
    upload = ecr.initiate_layer_upload(repositoryName=repository)
    part = min(part, upload["partSize"])
    for first in range(0, len(data), part):
        piece = data[first:first + part]
        answer = ecr.upload_layer_part(repositoryName=repository, uploadId=upload["uploadId"], partFirstByte=first,
                                       partLastByte=first + len(piece) - 1, layerPartBlob=piece)
        assert answer["lastByteReceived"] == first + len(piece) - 1, answer
    answer = ecr.complete_layer_upload(repositoryName=repository, uploadId=upload["uploadId"], layerDigests=[digest(data)])
    assert answer["layerDigest"] == digest(data), answer
    return digest(data)


def manifest(ecr, repository, data, command=("/bin/sh",), labels=None):
    """Uploads an image's blobs and returns its manifest."""
    import gzip
    config = json.dumps({"architecture": os.uname().machine.replace("x86_64", "amd64").replace("aarch64", "arm64"), "os": "linux",
                         "config": {"Env": ["PATH=/bin", "GIVEN=by the image"], "Cmd": list(command), "Labels": labels or {}},
                         "rootfs": {"type": "layers", "diff_ids": [digest(gzip.decompress(data))]}}).encode()
    blobs = []
    for blob, kind in ((config, "application/vnd.oci.image.config.v1+json"), (data, "application/vnd.oci.image.layer.v1.tar+gzip")):
        if ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[digest(blob)])["layers"][0]["layerAvailability"] != "AVAILABLE":
            put_layer(ecr, repository, blob)
        blobs.append({"mediaType": kind, "digest": digest(blob), "size": len(blob)})
    return json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": blobs[0], "layers": blobs[1:]})


def image():
    """The reference of an image of busybox, pushed at the first use."""
    ecr = client("ecr")
    try:
        ecr.create_repository(repositoryName="conformance/busybox")
    except ecr.exceptions.RepositoryAlreadyExistsException:
        return HOST + "/conformance/busybox:latest"
    ecr.put_image(repositoryName="conformance/busybox", imageTag="latest", imageManifest=manifest(ecr, "conformance/busybox", layer()))
    return HOST + "/conformance/busybox:latest"


def parts(*all):
    """Runs all parts of a script, says how each went, and fails if one did."""
    failed = []
    for part in all:
        begun = time.monotonic()
        try:
            part()
            print("%s is as it should be, %.1f s" % (part.__name__, time.monotonic() - begun))
        except Exception:
            traceback.print_exc()
            failed.append(part.__name__)
    assert not failed, failed


def definition(family, command="sleep 600", **container):
    """What register_task_definition takes for one container of a shell command."""
    return {"family": family, "containerDefinitions": [{"name": "main", "image": image(), "memory": 16, "stopTimeout": 2,
                                                        "command": ["sh", "-c", command], **container}]}
