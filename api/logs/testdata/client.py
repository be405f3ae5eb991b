"""Drives the endpoint in argv[1] with botocore, which reads answers more
loosely than the Go SDK and sends other requests."""
import sys
import time

import botocore.session
from botocore.config import Config

logs = botocore.session.get_session().create_client(
    "logs", region_name="us-east-1", endpoint_url=sys.argv[1],
    aws_access_key_id="AKIATEST", aws_secret_access_key="secret",
    config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False))

logs.create_log_group(logGroupName="g", tags={"a": "b"})
logs.put_retention_policy(logGroupName="g", retentionInDays=7)
try:
    logs.create_log_group(logGroupName="g")
    sys.exit("the group was created twice")
except logs.exceptions.ResourceAlreadyExistsException as e:
    assert e.response["Error"]["Message"] == "The specified log group already exists", e
group = logs.describe_log_groups()["logGroups"][0]
assert group["retentionInDays"] == 7 and group["arn"].endswith(":log-group:g:*"), group
assert logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {"a": "b"}

base = int(sys.argv[2])
for s in ("s1", "s2"):
    logs.create_log_stream(logGroupName="g", logStreamName=s)
    logs.put_log_events(logGroupName="g", logStreamName=s, logEvents=[
        {"timestamp": base + i, "message": "%s line %d \u00e9\u2603" % (s, i)} for i in range(5)])
assert [x["logStreamName"] for x in logs.describe_log_streams(logGroupName="g", orderBy="LastEventTime")["logStreams"]] == ["s1", "s2"]

token, lines = None, []
while True:
    page = logs.get_log_events(logGroupName="g", logStreamName="s1", startFromHead=True, limit=2, **({"nextToken": token} if token else {}))
    lines += [e["message"] for e in page["events"]]
    if page["nextForwardToken"] == token:
        break
    token = page["nextForwardToken"]
assert lines == ["s1 line %d \u00e9\u2603" % i for i in range(5)], lines

# What "aws logs tail --follow" does: search by time again and again, and pass
# over the ids that were shown.
seen, shown, start = set(), [], base
for i in range(3):
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName="g", startTime=start, interleaved=True, PaginationConfig={"PageSize": 3}):
        for e in page["events"]:
            if e["eventId"] not in seen:
                seen.add(e["eventId"])
                shown.append((e["timestamp"], e["logStreamName"]))
                start = max(start, e["timestamp"])
    logs.put_log_events(logGroupName="g", logStreamName="s2", logEvents=[{"timestamp": base + 4, "message": "same time %d" % i}])
assert len(shown) == 12 and shown == sorted(shown, key=lambda x: x[0]), shown

stream = logs.start_live_tail(logGroupIdentifiers=[group["logGroupArn"]])["responseStream"]
events = iter(stream)
assert "sessionStart" in next(events)
logs.put_log_events(logGroupName="g", logStreamName="s2", logEvents=[{"timestamp": base + 9, "message": "live"}])
deadline = time.monotonic() + 20
for update in events:
    results = update["sessionUpdate"]["sessionResults"]
    if results:
        assert results[0]["message"] == "live" and results[0]["logGroupIdentifier"] == "000000000000:g", results
        break
    assert time.monotonic() < deadline
stream.close()
logs.delete_log_group(logGroupName="g")
print("done")
