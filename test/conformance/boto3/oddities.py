"""Sends every operation of the services' models bodies that no client would
send: each member with values of wrong types, sizes and characters. Whatever
comes, the answer is a success or a modelled error of the caller's, soon."""
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.session

from kit import *

CREDENTIALS = botocore.session.get_session().get_credentials()
NAMES = {"cluster": "oddities", "logGroupName": "/oddities", "repositoryName": "oddities", "service": "oddities", "family": "oddities",
         "taskDefinition": "oddities", "logStreamName": "oddities"}
ODD = [None, "", "x" * 20000, "\0", "\u00fc\U0001f4a5", -1, 2**63, 1e308, True, [], {}, [None], {"a": None}, [{}],
       "arn:aws:ecs:us-east-1:000000000000:service/", "arn:::::::", "../../etc", "9" * 400]


def send(model, operation, body):
    headers = {"X-Amz-Target": model.metadata["targetPrefix"] + "." + operation, "Content-Type": "application/x-amz-json-" + model.metadata["jsonVersion"]}
    request = botocore.awsrequest.AWSRequest("POST", os.environ["AWS_ENDPOINT_URL"] + "/", data=json.dumps(body).encode(), headers=headers)
    botocore.auth.SigV4Auth(CREDENTIALS, model.signing_name, os.environ["AWS_REGION"]).add_auth(request)
    request = request.prepare()
    try:
        with urllib.request.urlopen(urllib.request.Request(request.url, request.body, dict(request.headers)), timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as e:
        return e.code, e.read()


def plain(shape, name=""):
    """A value that is right for a shape, with only what is required."""
    if name in NAMES:
        return NAMES[name]
    kind = shape.type_name
    if kind == "structure":
        return {n: plain(m, n) for n, m in shape.members.items() if n in shape.required_members}
    if kind == "list":
        return [plain(shape.member, name)]
    if kind == "map":
        return {"k": plain(shape.value, name)}
    if kind == "string":
        return shape.enum[0] if shape.enum else "x"
    return {"boolean": False, "blob": "eA==", "timestamp": 1700000000}.get(kind, 1)


sent, problems = 0, []
for service in ("ecs", "ecr", "logs"):
    model = client(service).meta.service_model
    unserved = set()
    for operation in model.operation_names:
        if operation == "StartLiveTail":  # its answer does not end
            continue
        shape = model.operation_model(operation).input_shape
        base = plain(shape) if shape else {}
        for member in list(shape.members if shape else []) + ["noSuchMember"]:
            for value in ODD:
                if operation in unserved:
                    break
                begun = time.monotonic()
                status, text = send(model, operation, {**base, member: value})
                sent += 1
                kind = json.loads(text or b"{}").get("__type", "") if status != 200 else ""
                if kind == "UnknownOperationException":
                    unserved.add(operation)
                if status not in (200, 400, 413) or status != 200 and not kind or time.monotonic() - begun > 10:
                    problems.append("%s %s=%.40r: %d %.200r" % (operation, member, value, status, text))
    print("%s: %d operations are not served" % (service, len(unserved)))
print("%d requests" % sent)
assert not problems, "\n".join(problems)
