"""Signs requests with botocore: a JSON list on standard input, one on standard output."""
import json
import sys

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

signed = []
for case in json.load(sys.stdin):
    credentials = Credentials(case["key"], case["secret"], case["token"] or None)
    request = AWSRequest(case["method"], case["url"], headers=case["headers"], data=case["body"].encode())
    if case["presign"]:
        request.data = b""
        signer = SigV4QueryAuth(credentials, case["service"], case["region"], expires=60)
    else:
        signer = SigV4Auth(credentials, case["service"], case["region"])
    signer.add_auth(request)
    signed.append({
        "url": request.url,
        "headers": dict(request.headers.items()),
        "body": case["body"] if not case["presign"] else "",
        "stamp": request.context["timestamp"],
    })
json.dump(signed, sys.stdout)
