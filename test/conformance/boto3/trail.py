"""Who did what, as CloudTrail's event history answers boto3."""
import datetime

from kit import *

trail = client("cloudtrail")
secrets = client("secretsmanager")
iam = client("iam")
ecr = client("ecr")
HERE = "000000000000"


def found(key, value, **more):
    """All events with an attribute; those of calls that read appear a moment after the call."""
    pages = trail.get_paginator("lookup_events").paginate(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], **more)
    return [e for page in pages for e in page["Events"]]


def eventually(key, value, so):
    deadline = time.time() + 20
    while time.time() < deadline:
        events = [e for e in found(key, value) if so(e)]
        if events:
            return events
        time.sleep(0.1)
    raise AssertionError("no event with %s %s" % (key, value))


def attributes():
    arn = secrets.create_secret(Name="trail/db", SecretString="canary-of-the-trail")["ARN"]
    secrets.get_secret_value(SecretId="trail/db")
    e = found("ResourceName", "trail/db")[-1]
    assert (e["EventName"], e["EventSource"], e["ReadOnly"], e["Username"]) == ("CreateSecret", "secretsmanager.amazonaws.com", "false", "root"), e
    assert {"ResourceType": "AWS::SecretsManager::Secret", "ResourceName": "trail/db"} in e["Resources"], e
    whole = json.loads(e["CloudTrailEvent"])
    assert whole["requestParameters"]["secretString"] == "HIDDEN_DUE_TO_SECURITY_REASONS", whole
    assert whole["responseElements"]["arn"] == arn and whole["recipientAccountId"] == HERE and "chain" not in whole, whole
    read = eventually("ResourceName", arn, lambda e: e["EventName"] == "GetSecretValue")[0]
    assert read["ReadOnly"] == "true" and json.loads(read["CloudTrailEvent"])["responseElements"] is None, read
    for key, value in [("EventId", e["EventId"]), ("EventName", "CreateSecret"), ("EventSource", "secretsmanager.amazonaws.com"), ("ReadOnly", "false"),
                       ("Username", "root"), ("ResourceType", "AWS::SecretsManager::Secret"), ("AccessKeyId", os.environ["AWS_ACCESS_KEY_ID"])]:
        assert e["EventId"] in [x["EventId"] for x in found(key, value, PaginationConfig={"PageSize": 50})], key
    everything = "".join(x["CloudTrailEvent"] for x in found("EventSource", "secretsmanager.amazonaws.com"))
    assert "canary-of-the-trail" not in everything
    secrets.delete_secret(SecretId="trail/db", ForceDeleteWithoutRecovery=True)


def times():
    events = found("ReadOnly", "false")
    assert events == sorted(events, key=lambda e: e["EventTime"], reverse=True)
    moment = events[len(events) // 2]["EventTime"]
    newer = found("ReadOnly", "false", StartTime=moment)
    assert newer and all(e["EventTime"] >= moment for e in newer)
    older = trail.lookup_events(EndTime=moment, MaxResults=5)
    assert len(older["Events"]) == 5 and all(e["EventTime"] <= moment for e in older["Events"]), older
    refused("InvalidNextTokenException", re.compile("Invalid"), trail.lookup_events, NextToken=older["NextToken"])
    refused("InvalidTimeRangeException", re.compile(""), trail.lookup_events, StartTime=moment, EndTime=moment - datetime.timedelta(seconds=1))


def refusals():
    refused("InvalidLookupAttributesException", re.compile(""), trail.lookup_events,
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "a"}, {"AttributeKey": "EventName", "AttributeValue": "b"}])
    refused("InvalidLookupAttributesException", re.compile(""), trail.lookup_events, LookupAttributes=[{"AttributeKey": "Colour", "AttributeValue": "a"}])
    unvalidated = client("cloudtrail", parameter_validation=False)
    refused("InvalidMaxResultsException", re.compile(""), unvalidated.lookup_events, MaxResults=51)
    refused("InvalidEventCategoryException", re.compile(""), trail.lookup_events, EventCategory="other")
    assert trail.lookup_events(EventCategory="insight")["Events"] == []
    refused("TrailNotFoundException", "Unknown trail: main for the user: " + HERE, trail.get_trail_status, Name="main")
    assert trail.describe_trails()["trailList"] == [] and trail.list_trails()["Trails"] == []


def others():
    """A denied call is recorded as its caller's, who may not look it up without permission."""
    iam.create_user(UserName="trail-ann")
    key = iam.create_access_key(UserName="trail-ann")["AccessKey"]
    as_ann = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    try:
        boto3.client("cloudtrail", **as_ann).lookup_events()
        raise AssertionError("not refused")
    except botocore.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == "AccessDeniedException", e
    e = eventually("AccessKeyId", key["AccessKeyId"], lambda e: e["EventName"] == "LookupEvents")[0]
    assert e["Username"] == "trail-ann" and json.loads(e["CloudTrailEvent"])["errorCode"] == "AccessDeniedException", e
    made = found("EventName", "CreateAccessKey")[0]
    assert key["SecretAccessKey"] not in made["CloudTrailEvent"], made
    iam.delete_access_key(UserName="trail-ann", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="trail-ann")


def images():
    """What the registry's own protocol did to manifests is there as ECR's operations, once."""
    pushed = [json.loads(e["CloudTrailEvent"]) for e in found("EventName", "PutImage")]
    mine = [e for e in pushed if (e["requestParameters"] or {}).get("repositoryName") == "conformance/busybox"]  # a refused one may have had none
    assert mine and all(e["resources"][0]["type"] == "AWS::ECR::Repository" for e in mine), pushed
    assert len({e["requestParameters"].get("imageDigest") for e in mine}) == len(mine), mine


parts(attributes, times, refusals, others, images)
