"""CloudWatch Logs: groups, streams, events, patterns, retention and tags."""
from kit import *

logs = client("logs")
loose = client("logs", parameter_validation=False)
ACCOUNT, REGION = "000000000000", os.environ["AWS_REGION"]
NOW = int(time.time() * 1000)


def groups():
    logs.create_log_group(logGroupName="/quay/a", tags={"k": "v"})
    refused("ResourceAlreadyExistsException", "The specified log group already exists", logs.create_log_group, logGroupName="/quay/a")
    for n in "bcd":
        logs.create_log_group(logGroupName="/quay/" + n)
    listed = pages(logs, "describe_log_groups", "logGroups", logGroupNamePrefix="/quay/")
    assert [g["logGroupName"] for g in listed] == ["/quay/" + n for n in "abcd"], listed
    g = listed[0]
    arn = "arn:aws:logs:%s:%s:log-group:/quay/a" % (REGION, ACCOUNT)
    assert g["arn"] == arn + ":*" and g.get("logGroupArn", arn) == arn and g["storedBytes"] == 0 and g["metricFilterCount"] == 0, g
    assert abs(g["creationTime"] - NOW) < 60000 and "retentionInDays" not in g, g
    assert [x["logGroupName"] for x in logs.describe_log_groups(logGroupNamePattern="ay/c")["logGroups"]] == ["/quay/c"]
    logs.put_retention_policy(logGroupName="/quay/a", retentionInDays=30)
    assert logs.describe_log_groups(logGroupNamePrefix="/quay/a")["logGroups"][0]["retentionInDays"] == 30
    refused("InvalidParameterException", re.compile("."), logs.put_retention_policy, logGroupName="/quay/a", retentionInDays=31)
    logs.delete_retention_policy(logGroupName="/quay/a")
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix="/quay/a")["logGroups"][0]
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"k": "v"}
    logs.tag_resource(resourceArn=arn, tags={"z": "1"})
    logs.untag_resource(resourceArn=arn, tagKeys=["k"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"z": "1"} == logs.list_tags_log_group(logGroupName="/quay/a")["tags"]
    for bad in ("no spaces", "", "x" * 513):
        refused("InvalidParameterException", re.compile("."), loose.create_log_group, logGroupName=bad)
    for call, more in ((logs.delete_log_group, {}), (logs.put_retention_policy, {"retentionInDays": 1}), (logs.describe_log_streams, {}),
                       (logs.create_log_stream, {"logStreamName": "s"}), (logs.filter_log_events, {}),
                       (logs.get_log_events, {"logStreamName": "s"}), (logs.put_log_events, {"logStreamName": "s", "logEvents": [{"timestamp": NOW, "message": "m"}]})):
        refused("ResourceNotFoundException", "The specified log group does not exist.", call, logGroupName="/ghost", **more)
    logs.delete_log_group(logGroupName="/quay/d")
    assert not logs.describe_log_groups(logGroupNamePrefix="/quay/d")["logGroups"]
    refused("InvalidParameterException", re.compile("."), logs.describe_log_groups, nextToken="nonsense")
    for given in ({"kmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/x"}, {"logGroupClass": "INFREQUENT_ACCESS"}, {"logGroupClass": "DELIVERY"}):
        try:
            logs.create_log_group(logGroupName="/quay/x", **given)
        except botocore.exceptions.ClientError as e:
            assert next(iter(given)).lower() in e.response["Error"]["Message"].lower().replace(" ", ""), e
            continue
        g = logs.describe_log_groups(logGroupNamePrefix="/quay/x")["logGroups"][0]
        assert all(g.get(k) == v for k, v in given.items()), g
        logs.delete_log_group(logGroupName="/quay/x")


def streams():
    for n in range(5):
        logs.create_log_stream(logGroupName="/quay/b", logStreamName="s%d" % n)
    refused("ResourceAlreadyExistsException", "The specified log stream already exists", logs.create_log_stream, logGroupName="/quay/b", logStreamName="s0")
    for n, at in ((3, 0), (1, 10), (4, 5)):
        logs.put_log_events(logGroupName="/quay/b", logStreamName="s%d" % n, logEvents=[{"timestamp": NOW + at, "message": "x"}])
    names = [s["logStreamName"] for s in pages(logs, "describe_log_streams", "logStreams", size=2, logGroupName="/quay/b")]
    assert names == ["s%d" % n for n in range(5)], names
    recent = pages(logs, "describe_log_streams", "logStreams", size=2, logGroupName="/quay/b", orderBy="LastEventTime", descending=True)
    assert [s["logStreamName"] for s in recent][:3] == ["s1", "s4", "s3"], recent
    s = recent[0]
    assert s["firstEventTimestamp"] == s["lastEventTimestamp"] == NOW + 10 and abs(s["lastIngestionTime"] - NOW) < 60000 and s["uploadSequenceToken"], s
    assert "lastEventTimestamp" not in recent[-1], recent[-1]
    refused("InvalidParameterException", re.compile("."), logs.describe_log_streams, logGroupName="/quay/b", logStreamNamePrefix="s", orderBy="LastEventTime")
    refused("ResourceNotFoundException", "The specified log stream does not exist.", logs.get_log_events, logGroupName="/quay/b", logStreamName="ghost")
    refused("ResourceNotFoundException", "The specified log stream does not exist.", logs.put_log_events, logGroupName="/quay/b", logStreamName="ghost",
            logEvents=[{"timestamp": NOW, "message": "m"}])
    logs.delete_log_stream(logGroupName="/quay/b", logStreamName="s0")
    refused("ResourceNotFoundException", "The specified log stream does not exist.", logs.delete_log_stream, logGroupName="/quay/b", logStreamName="s0")


def events():
    logs.create_log_stream(logGroupName="/quay/c", logStreamName="one")
    given = [{"timestamp": NOW + n, "message": "line %d %s" % (n, "ERROR" if n % 10 == 3 else "info")} for n in range(100)]
    answer = logs.put_log_events(logGroupName="/quay/c", logStreamName="one", logEvents=given)
    assert answer["nextSequenceToken"], answer
    got = logs.get_log_events(logGroupName="/quay/c", logStreamName="one", startFromHead=True)
    assert [(e["timestamp"], e["message"]) for e in got["events"]] == [(e["timestamp"], e["message"]) for e in given]
    assert got["nextForwardToken"].startswith("f/") and got["nextBackwardToken"].startswith("b/"), got
    seen, token = [], None
    while True:  # forward until the token repeats itself
        page = logs.get_log_events(logGroupName="/quay/c", logStreamName="one", startFromHead=True, limit=30, **({"nextToken": token} if token else {}))
        seen += page["events"]
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]
    assert len(seen) == 100, len(seen)
    newest = logs.get_log_events(logGroupName="/quay/c", logStreamName="one", limit=2)
    assert [e["timestamp"] for e in newest["events"]] == [NOW + 98, NOW + 99], newest
    older = logs.get_log_events(logGroupName="/quay/c", logStreamName="one", limit=2, nextToken=newest["nextBackwardToken"])
    assert [e["timestamp"] for e in older["events"]] == [NOW + 96, NOW + 97], older
    part = logs.get_log_events(logGroupName="/quay/c", logStreamName="one", startTime=NOW + 10, endTime=NOW + 12)
    assert [e["timestamp"] for e in part["events"]] == [NOW + 10, NOW + 11], part
    for pattern, count in (("ERROR", 10), ("-ERROR", 90), ("ERROR line", 10), ("?ERROR ?\"line 5 \"", 11), ("\"line 13\"", 1), ("%line 1[0-9] %", 10)):
        found = [e for p in logs.get_paginator("filter_log_events").paginate(logGroupName="/quay/c", filterPattern=pattern, PaginationConfig={"PageSize": 7}) for e in p["events"]]
        assert len(found) == count and len({e["eventId"] for e in found}) == count, (pattern, len(found))
        assert [e["timestamp"] for e in found] == sorted(e["timestamp"] for e in found) and found[0]["logStreamName"] == "one"
    logs.create_log_stream(logGroupName="/quay/c", logStreamName="json")
    logs.put_log_events(logGroupName="/quay/c", logStreamName="json", logEvents=[
        {"timestamp": NOW + n, "message": json.dumps({"level": n, "who": {"name": "n%d" % n}})} for n in range(5)])
    for pattern, count in (("{ $.level > 2 }", 2), ("{ $.who.name = \"n1\" || $.level = 4 }", 2), ("{ $.none IS TRUE }", 0)):
        found = logs.filter_log_events(logGroupName="/quay/c", logStreamNames=["json"], filterPattern=pattern)["events"]
        assert len(found) == count, (pattern, found)
    assert len(logs.filter_log_events(logGroupName="/quay/c", logStreamNamePrefix="js")["events"]) == 5
    refused("InvalidParameterException", re.compile("."), logs.filter_log_events, logGroupName="/quay/c", filterPattern="{ $.x = ")
    refused("InvalidParameterException", re.compile("."), logs.filter_log_events, logGroupName="/quay/c", logStreamNames=["one"], logStreamNamePrefix="o")


def bad_events():
    put = lambda events: loose.put_log_events(logGroupName="/quay/c", logStreamName="one", logEvents=events)
    refused("InvalidParameterException", re.compile("Log events in a single PutLogEvents request must be in chronological order"), put,
            events=[{"timestamp": NOW + 1, "message": "b"}, {"timestamp": NOW, "message": "a"}])
    refused("InvalidParameterException", re.compile("."), put, events=[])
    refused("InvalidParameterException", re.compile(".*24 hours"), put, events=[{"timestamp": NOW - 25 * 3600000, "message": "a"}, {"timestamp": NOW, "message": "b"}])
    refused("InvalidParameterException", re.compile("."), put, events=[{"timestamp": NOW, "message": "x"}] * 10001)
    old = put([{"timestamp": NOW - 14 * 86400000 - 3600000, "message": "old"}, {"timestamp": NOW - 14 * 86400000 + 3600000, "message": "just"}])
    assert old["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] == 1, old
    new = put([{"timestamp": NOW, "message": "now"}, {"timestamp": NOW + 3 * 3600000, "message": "new"}])
    assert new["rejectedLogEventsInfo"]["tooNewLogEventStartIndex"] == 1, new


def tail():
    logs.create_log_stream(logGroupName="/quay/c", logStreamName="live")
    arn = "arn:aws:logs:%s:%s:log-group:/quay/c" % (REGION, ACCOUNT)
    # The client puts "streaming-" before the host's name unless told not to.
    direct = client("logs", inject_host_prefix=False)
    session = direct.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="wanted")
    seen = []
    for event in session["responseStream"]:
        if "sessionStart" in event:
            logs.put_log_events(logGroupName="/quay/c", logStreamName="live", logEvents=[
                {"timestamp": NOW, "message": "wanted 1"}, {"timestamp": NOW, "message": "other"}])
        seen += event.get("sessionUpdate", {}).get("sessionResults", [])
        if seen:
            break
    assert [e["message"] for e in seen] == ["wanted 1"], seen


parts(groups, streams, events, bad_events, tail)
