# Plays IAM as configurations do, with boto3. Prints "done" at the end.
import json
import sys

import boto3
from botocore.exceptions import ClientError

iam = boto3.client("iam", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="root", aws_secret_access_key="secret")
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ecs:Describe*"], "Resource": "*"}]}
execution = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


def refused(error, call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        assert e.response["Error"]["Code"] == error, e
        return e.response
    raise AssertionError(f"{error} was expected")


iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(trust), Tags=[{"Key": "a", "Value": "b"}])
iam.get_waiter("role_exists").wait(RoleName="web")
role = iam.get_role(RoleName="web")["Role"]
assert role["AssumeRolePolicyDocument"] == trust, role  # boto3 decodes documents
assert role["MaxSessionDuration"] == 3600 and role["Tags"] == [{"Key": "a", "Value": "b"}], role
assert refused("EntityAlreadyExists", iam.create_role, RoleName="WEB", AssumeRolePolicyDocument=json.dumps(trust))["ResponseMetadata"]["HTTPStatusCode"] == 409
assert refused("NoSuchEntity", iam.get_role, RoleName="none")["ResponseMetadata"]["HTTPStatusCode"] == 404
refused("MalformedPolicyDocument", iam.update_assume_role_policy, RoleName="web", PolicyDocument="{}")

iam.attach_role_policy(RoleName="web", PolicyArn=execution)
iam.put_role_policy(RoleName="web", PolicyName="inline", PolicyDocument=json.dumps(allow))
assert iam.get_role_policy(RoleName="web", PolicyName="inline")["PolicyDocument"] == allow
policy = iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(allow))["Policy"]
iam.get_waiter("policy_exists").wait(PolicyArn=policy["Arn"])
iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=json.dumps(allow), SetAsDefault=True)
assert iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v2")["PolicyVersion"]["Document"] == allow
iam.attach_role_policy(RoleName="web", PolicyArn=policy["Arn"])
names = [p["PolicyName"] for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName="web", PaginationConfig={"PageSize": 1}) for p in page["AttachedPolicies"]]
assert names == ["AmazonECSTaskExecutionRolePolicy", "own"], names
names = [p["PolicyName"] for page in iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 10}) for p in page["Policies"]]
assert "AmazonEC2ContainerServiceforEC2Role" in names and len(names) == len(set(names)), names
result = iam.simulate_principal_policy(PolicySourceArn=role["Arn"], ActionNames=["ecs:DescribeTasks", "ecs:RunTask"])["EvaluationResults"]
assert [r["EvalDecision"] for r in result] == ["allowed", "implicitDeny"], result

iam.create_instance_profile(InstanceProfileName="machines")
iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="machines")
iam.add_role_to_instance_profile(InstanceProfileName="machines", RoleName="web")
assert iam.get_instance_profile(InstanceProfileName="machines")["InstanceProfile"]["Roles"][0]["AssumeRolePolicyDocument"] == trust
refused("DeleteConflict", iam.delete_role, RoleName="web")

iam.create_user(UserName="bob", PermissionsBoundary=policy["Arn"])
iam.get_waiter("user_exists").wait(UserName="bob")
iam.create_group(GroupName="devs")
iam.add_user_to_group(UserName="bob", GroupName="devs")
key = iam.create_access_key(UserName="bob")["AccessKey"]
assert len(key["SecretAccessKey"]) == 40 and key["Status"] == "Active", key
iam.update_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"], Status="Inactive")
assert iam.list_access_keys(UserName="bob")["AccessKeyMetadata"][0]["Status"] == "Inactive"
details = iam.get_account_authorization_details()
assert details["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"] == allow, details
assert details["UserDetailList"][0]["GroupList"] == ["devs"], details
assert iam.get_account_summary()["SummaryMap"]["Users"] == 1
refused("ValidationError", iam.create_user, UserName="a b")

iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
iam.remove_user_from_group(UserName="bob", GroupName="devs")
iam.delete_user(UserName="bob")
iam.delete_group(GroupName="devs")
iam.remove_role_from_instance_profile(InstanceProfileName="machines", RoleName="web")
iam.delete_instance_profile(InstanceProfileName="machines")
iam.detach_role_policy(RoleName="web", PolicyArn=execution)
iam.detach_role_policy(RoleName="web", PolicyArn=policy["Arn"])
iam.delete_role_policy(RoleName="web", PolicyName="inline")
iam.delete_role(RoleName="web")
iam.delete_policy_version(PolicyArn=policy["Arn"], VersionId="v1")
iam.delete_policy(PolicyArn=policy["Arn"])
print("done")
