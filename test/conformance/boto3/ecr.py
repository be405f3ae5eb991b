"""ECR: repositories, images, layers, policies, tags and tokens."""
import base64
import urllib.request

from kit import *

ecr, sts = client("ecr"), client("sts")
loose = client("ecr", parameter_validation=False)
ACCOUNT, REGION = "000000000000", os.environ["AWS_REGION"]
GONE = "The repository with name 'ghost' does not exist in the registry with id '%s'" % ACCOUNT


def repositories():
    r = ecr.create_repository(repositoryName="docks/one", tags=[{"Key": "k", "Value": "v"}])["repository"]
    assert r["repositoryArn"] == "arn:aws:ecr:%s:%s:repository/docks/one" % (REGION, ACCOUNT) and r["registryId"] == ACCOUNT, r
    assert r["repositoryUri"] == HOST + "/docks/one" and r["imageTagMutability"] == "MUTABLE", r
    assert r["imageScanningConfiguration"] == {"scanOnPush": False} and r["encryptionConfiguration"] == {"encryptionType": "AES256"}, r
    refused("RepositoryAlreadyExistsException", "The repository with name 'docks/one' already exists in the registry with id '%s'" % ACCOUNT,
            ecr.create_repository, repositoryName="docks/one")
    for n in range(4):
        ecr.create_repository(repositoryName="docks/r%d" % n)
    names = [r["repositoryName"] for r in pages(ecr, "describe_repositories", "repositories", size=2)]
    assert set(names) >= {"docks/one", "docks/r0", "docks/r3"}, names
    refused("RepositoryNotFoundException", GONE, ecr.describe_repositories, repositoryNames=["docks/one", "ghost"])
    for name in ("Upper", "a//b", "-a", "a" * 257):
        refused("InvalidParameterException", re.compile("Invalid parameter at 'repositoryName' failed to satisfy constraint"), ecr.create_repository, repositoryName=name)
    refused("InvalidParameterException", re.compile(".*nextToken|.*token"), ecr.describe_repositories, nextToken="nonsense")
    refused("InvalidParameterException", re.compile(".*maxResults"), ecr.describe_repositories, maxResults=1001)
    ecr.tag_resource(resourceArn=r["repositoryArn"], tags=[{"Key": "z", "Value": "1"}])
    ecr.untag_resource(resourceArn=r["repositoryArn"], tagKeys=["k"])
    assert ecr.list_tags_for_resource(resourceArn=r["repositoryArn"])["tags"] == [{"Key": "z", "Value": "1"}]
    refused("RepositoryNotFoundException", GONE, ecr.list_tags_for_resource, resourceArn=r["repositoryArn"].replace("docks/one", "ghost"))
    assert ecr.put_image_tag_mutability(repositoryName="docks/one", imageTagMutability="IMMUTABLE")["imageTagMutability"] == "IMMUTABLE"
    assert ecr.describe_repositories(repositoryNames=["docks/one"])["repositories"][0]["imageTagMutability"] == "IMMUTABLE"
    assert ecr.describe_registry()["registryId"] == ACCOUNT
    for n in range(4):
        assert ecr.delete_repository(repositoryName="docks/r%d" % n)["repository"]["repositoryName"] == "docks/r%d" % n
    for call, more in ((ecr.delete_repository, {}), (ecr.list_images, {}), (ecr.describe_images, {}), (ecr.get_lifecycle_policy, {}),
                       (ecr.get_repository_policy, {}), (ecr.put_image_tag_mutability, {"imageTagMutability": "MUTABLE"}),
                       (ecr.batch_get_image, {"imageIds": [{"imageTag": "x"}]}), (ecr.initiate_layer_upload, {}),
                       (ecr.put_image, {"imageManifest": "{}"}), (ecr.batch_delete_image, {"imageIds": [{"imageTag": "x"}]})):
        refused("RepositoryNotFoundException", GONE, call, repositoryName="ghost", **more)


def parameters():
    """What is set at creation is shown, or refused by name."""
    made = 0
    for given in ({"imageScanningConfiguration": {"scanOnPush": True}}, {"encryptionConfiguration": {"encryptionType": "KMS"}},
                  {"encryptionConfiguration": {"encryptionType": "AES256"}}, {"imageTagMutability": "IMMUTABLE"},
                  {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev*"}]},
                  {"registryId": ACCOUNT}):
        made += 1
        try:
            r = ecr.create_repository(repositoryName="given-%d" % made, **given)["repository"]
        except botocore.exceptions.ClientError as e:
            assert any(k.lower() in e.response["Error"]["Message"].lower() or k[:10].lower() in e.response["Error"]["Message"].lower() for k in given), (given, e)
            continue
        d = ecr.describe_repositories(repositoryNames=["given-%d" % made])["repositories"][0]
        for k, v in given.items():
            assert r[k] == v and d[k] == v, (given, r)
        ecr.delete_repository(repositoryName="given-%d" % made)
    refused("AccessDeniedException", re.compile(".*is not authorized to perform: ecr:ListImages on resource"), ecr.list_images,
            registryId="111111111111", repositoryName="docks/one")


def images():
    ecr.create_repository(repositoryName="docks/images")
    data = layer()
    first = manifest(ecr, "docks/images", data)
    put = ecr.put_image(repositoryName="docks/images", imageManifest=first, imageTag="a")["image"]
    d = digest(first.encode())
    assert put["imageId"] == {"imageDigest": d, "imageTag": "a"} and put["imageManifest"] == first and put["registryId"] == ACCOUNT, put
    refused("ImageAlreadyExistsException", re.compile("."), ecr.put_image, repositoryName="docks/images", imageManifest=first, imageTag="a")
    ecr.put_image(repositoryName="docks/images", imageManifest=first, imageTag="b")
    second = manifest(ecr, "docks/images", data, labels={"n": "2"})
    e = digest(second.encode())
    ecr.put_image(repositoryName="docks/images", imageManifest=second)
    third = manifest(ecr, "docks/images", data, labels={"n": "3"})
    ecr.put_image(repositoryName="docks/images", imageManifest=third, imageTag="c")
    refused("ImageDigestDoesNotMatchException", re.compile("."), ecr.put_image, repositoryName="docks/images", imageManifest=third, imageTag="d", imageDigest=d)
    refused("LayersNotFoundException", re.compile("."), ecr.put_image, repositoryName="docks/images", imageTag="e",
            imageManifest=third.replace(digest(data), "sha256:" + "0" * 64))
    refused("InvalidParameterException", re.compile(".*anifest"), ecr.put_image, repositoryName="docks/images", imageManifest="{", imageTag="e")
    listed = pages(ecr, "list_images", "imageIds", repositoryName="docks/images")
    assert sorted((i["imageDigest"], i.get("imageTag")) for i in listed if i.get("imageTag")) == sorted([(d, "a"), (d, "b"), (digest(third.encode()), "c")]), listed
    assert [i for i in listed if not i.get("imageTag")] == [{"imageDigest": e}], listed
    assert len(pages(ecr, "list_images", "imageIds", repositoryName="docks/images", filter={"tagStatus": "TAGGED"})) == 3
    assert pages(ecr, "list_images", "imageIds", repositoryName="docks/images", filter={"tagStatus": "UNTAGGED"}) == [{"imageDigest": e}]
    details = {i["imageDigest"]: i for i in pages(ecr, "describe_images", "imageDetails", size=2, repositoryName="docks/images")}
    assert len(details) == 3 and sorted(details[d]["imageTags"]) == ["a", "b"] and "imageTags" not in details[e], details
    size = sum(x["size"] for x in json.loads(first)["layers"])
    assert size <= details[d]["imageSizeInBytes"] <= size + 4096 and time.time() - details[d]["imagePushedAt"].timestamp() < 60, details[d]
    assert details[d]["imageManifestMediaType"].endswith("manifest.v1+json") and details[d]["artifactMediaType"].endswith("config.v1+json"), details[d]
    one = ecr.describe_images(repositoryName="docks/images", imageIds=[{"imageTag": "b"}])["imageDetails"]
    assert [i["imageDigest"] for i in one] == [d], one
    refused("ImageNotFoundException", "The image with imageId {imageDigest:'null', imageTag:'none'} does not exist within the repository with name "
            "'docks/images' in the registry with id '%s'" % ACCOUNT, ecr.describe_images, repositoryName="docks/images", imageIds=[{"imageTag": "none"}])
    got = ecr.batch_get_image(repositoryName="docks/images", imageIds=[{"imageTag": "a"}, {"imageTag": "none"}, {"imageDigest": e}])
    assert [i["imageManifest"] for i in got["images"]] == [first, second], got
    assert [(f["failureCode"], f["failureReason"]) for f in got["failures"]] == [("ImageNotFound", "Requested image not found")], got
    url = ecr.get_download_url_for_layer(repositoryName="docks/images", layerDigest=digest(data))
    assert digest(urllib.request.urlopen(url["downloadUrl"]).read()) == digest(data) == url["layerDigest"]
    checked = ecr.batch_check_layer_availability(repositoryName="docks/images", layerDigests=[digest(data), "sha256:" + "1" * 64, "nonsense"])
    assert [(x["layerDigest"], x["layerAvailability"]) for x in checked["layers"]][:1] == [(digest(data), "AVAILABLE")], checked
    assert len(checked["layers"]) + len(checked["failures"]) == 3, checked
    ecr.put_image_tag_mutability(repositoryName="docks/images", imageTagMutability="IMMUTABLE")
    refused("ImageTagAlreadyExistsException", re.compile(".*'a'"), ecr.put_image, repositoryName="docks/images", imageManifest=second, imageTag="a")
    gone = ecr.batch_delete_image(repositoryName="docks/images", imageIds=[{"imageTag": "a"}, {"imageTag": "none"}])
    assert gone["imageIds"] == [{"imageDigest": d, "imageTag": "a"}] and gone["failures"][0]["failureCode"] == "ImageNotFound", gone
    assert ecr.describe_images(repositoryName="docks/images", imageIds=[{"imageDigest": d}])["imageDetails"][0]["imageTags"] == ["b"]
    gone = ecr.batch_delete_image(repositoryName="docks/images", imageIds=[{"imageDigest": d}])
    assert {i["imageDigest"] for i in gone["imageIds"]} == {d}, gone
    refused("RepositoryNotEmptyException", "The repository with name 'docks/images' in registry with id '%s' cannot be deleted because it still contains images" % ACCOUNT,
            ecr.delete_repository, repositoryName="docks/images")
    refused("InvalidParameterException", re.compile(".*100"), ecr.batch_get_image, repositoryName="docks/images",
            imageIds=[{"imageTag": "t%d" % n} for n in range(101)])
    ecr.delete_repository(repositoryName="docks/images", force=True)


def layers():
    ecr.create_repository(repositoryName="docks/layers")
    data = os.urandom(3 << 20)
    put_layer(ecr, "docks/layers", data)
    refused("LayerAlreadyExistsException", re.compile("."), put_layer, ecr=ecr, repository="docks/layers", data=data)
    u = ecr.initiate_layer_upload(repositoryName="docks/layers")["uploadId"]
    refused("EmptyUploadException", re.compile("."), ecr.complete_layer_upload, repositoryName="docks/layers", uploadId=u, layerDigests=[digest(data)])
    ecr.upload_layer_part(repositoryName="docks/layers", uploadId=u, partFirstByte=0, partLastByte=9, layerPartBlob=b"0123456789")
    refused("InvalidLayerPartException", re.compile("."), ecr.upload_layer_part, repositoryName="docks/layers", uploadId=u, partFirstByte=20,
            partLastByte=29, layerPartBlob=b"0123456789")
    refused("InvalidLayerException", re.compile("."), ecr.complete_layer_upload, repositoryName="docks/layers", uploadId=u, layerDigests=[digest(b"other")])
    refused("UploadNotFoundException", re.compile("."), ecr.complete_layer_upload, repositoryName="docks/layers",
            uploadId="00000000-0000-0000-0000-000000000000", layerDigests=[digest(data)])
    refused("LayersNotFoundException", re.compile("."), ecr.get_download_url_for_layer, repositoryName="docks/layers", layerDigest="sha256:" + "2" * 64)
    ecr.delete_repository(repositoryName="docks/layers", force=True)


def policies():
    name = {"repositoryName": "docks/one"}
    refused("LifecyclePolicyNotFoundException", re.compile("Lifecycle policy does not exist for the repository with name 'docks/one'"), ecr.get_lifecycle_policy, **name)
    text = json.dumps({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 9},
                                  "action": {"type": "expire"}}]})
    assert json.loads(ecr.put_lifecycle_policy(lifecyclePolicyText=text, **name)["lifecyclePolicyText"]) == json.loads(text)
    got = ecr.get_lifecycle_policy(**name)
    assert json.loads(got["lifecyclePolicyText"]) == json.loads(text) and got["registryId"] == ACCOUNT, got
    refused("InvalidParameterException", re.compile("."), ecr.put_lifecycle_policy, lifecyclePolicyText="{}" + " " * 98, **name)
    ecr.delete_lifecycle_policy(**name)
    refused("LifecyclePolicyNotFoundException", re.compile("."), ecr.delete_lifecycle_policy, **name)
    refused("RepositoryPolicyNotFoundException", re.compile("Repository policy does not exist for the repository with name 'docks/one'"), ecr.get_repository_policy, **name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]})
    ecr.set_repository_policy(policyText=policy, **name)
    assert json.loads(ecr.get_repository_policy(**name)["policyText"]) == json.loads(policy)
    refused("InvalidParameterException", re.compile("."), ecr.set_repository_policy, policyText="nonsense", **name)
    ecr.delete_repository_policy(**name)
    refused("RepositoryPolicyNotFoundException", re.compile("."), ecr.delete_repository_policy, **name)


def scans():
    """A scan is tried and fails, and nothing is said of findings."""
    ecr.create_repository(repositoryName="docks/scanned", imageScanningConfiguration={"scanOnPush": True})
    ecr.create_repository(repositoryName="docks/unscanned")
    name = dict(repositoryName="docks/scanned", imageId={"imageTag": "a"})
    other = dict(name, repositoryName="docks/unscanned")
    for repository in ("docks/scanned", "docks/unscanned"):
        ecr.put_image(repositoryName=repository, imageManifest=manifest(ecr, repository, layer()), imageTag="a")
    found = ecr.describe_image_scan_findings(**name)
    assert found["imageScanStatus"]["status"] == "FAILED" and "No vulnerability scanner" in found["imageScanStatus"]["description"], found
    assert "imageScanFindings" not in found and "nextToken" not in found, found
    details = ecr.describe_images(repositoryName="docks/scanned")["imageDetails"][0]
    assert details["imageScanStatus"] == found["imageScanStatus"] and "imageScanFindingsSummary" not in details, details
    refused("LimitExceededException", "The scan quota per image has been exceeded. Wait and try again.", ecr.start_image_scan, **name)
    refused("ScanNotFoundException", "Image scan does not exist for the image with '{imageDigest:'null', imageTag:'a'}' in the repository with name "
            "'docks/unscanned' in the registry with id '%s'" % ACCOUNT, ecr.describe_image_scan_findings, **other)
    assert "imageScanStatus" not in ecr.describe_images(repositoryName="docks/unscanned")["imageDetails"][0]
    assert ecr.start_image_scan(**other)["imageScanStatus"] == found["imageScanStatus"]
    try:
        ecr.get_waiter("image_scan_complete").wait(**other)
        assert False, "a scan without a scanner is complete"
    except botocore.exceptions.WaiterError as e:
        assert "terminal failure" in str(e), e
    rule = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "unscanned", "filterType": "WILDCARD"}]}
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == {"scanType": "BASIC", "rules": []}
    assert ecr.put_registry_scanning_configuration(scanType="BASIC", rules=[rule])["registryScanningConfiguration"] == {"scanType": "BASIC", "rules": [rule]}
    each = ecr.batch_get_repository_scanning_configuration(repositoryNames=["docks/unscanned", "ghost"])
    assert each["scanningConfigurations"][0]["appliedScanFilters"] == rule["repositoryFilters"] and each["scanningConfigurations"][0]["scanOnPush"], each
    assert [(f["repositoryName"], f["failureCode"]) for f in each["failures"]] == [("ghost", "REPOSITORY_NOT_FOUND")], each
    refused("InvalidParameterException", re.compile(".*ENHANCED is not supported"), ecr.put_registry_scanning_configuration, scanType="ENHANCED")
    ecr.put_registry_scanning_configuration(scanType="BASIC", rules=[])
    for repository in ("docks/scanned", "docks/unscanned"):
        ecr.delete_repository(repositoryName=repository, force=True)


def token():
    t = ecr.get_authorization_token()["authorizationData"][0]
    user, password = base64.b64decode(t["authorizationToken"]).decode().split(":", 1)
    assert user == "AWS" and len(password) > 20 and t["proxyEndpoint"].endswith("//" + HOST), t
    assert 11 * 3600 < t["expiresAt"].timestamp() - time.time() <= 12 * 3600 + 5, t
    def status(header):
        request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/v2/", headers=header)
        try:
            return urllib.request.urlopen(request).status
        except urllib.error.HTTPError as e:
            return e.code
    assert status({}) == 401 and status({"Authorization": "Basic " + t["authorizationToken"]}) == 200
    assert status({"Authorization": "Basic " + base64.b64encode(b"AWS:nonsense").decode()}) == 401


def identity():
    me = sts.get_caller_identity()
    assert (me["Account"], me["UserId"], me["Arn"]) == (ACCOUNT, ACCOUNT, "arn:aws:iam::%s:root" % ACCOUNT), me
    try:
        sts.get_session_token()
    except botocore.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == "InvalidAction", e.response


parts(repositories, parameters, images, scans, layers, policies, token, identity)
