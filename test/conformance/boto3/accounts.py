"""Accounts: one is made as AWS Organizations makes them, entered by its role,
found empty, and closed. And what IAM reports of credentials."""
from kit import *

orgs, iam, sts = client("organizations"), client("iam"), client("sts")
HOME = sts.get_caller_identity()["Account"]


def of(service, key):
    return boto3.client(service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key.get("SessionToken"),
                        config=botocore.config.Config(retries={"total_max_attempts": 1}))


def main():
    organization = orgs.describe_organization()["Organization"]
    assert organization["MasterAccountId"] == HOME and organization["FeatureSet"] == "ALL", organization
    root = orgs.list_roots()["Roots"][0]["Id"]
    status = orgs.create_account(Email="boto3@example.com", AccountName="boto3", Tags=[{"Key": "team", "Value": "blue"}])["CreateAccountStatus"]
    assert orgs.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]["State"] == "SUCCEEDED"
    member = status["AccountId"]
    assert orgs.list_parents(ChildId=member)["Parents"] == [{"Id": root, "Type": "ROOT"}]
    assert orgs.list_tags_for_resource(ResourceId=member)["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert member in [a["Id"] for a in pages(orgs, "list_accounts", "Accounts")]
    again = orgs.create_account(Email="BOTO3@example.com", AccountName="again")["CreateAccountStatus"]
    assert (again["State"], again["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS"), again
    refused("AccountNotFoundException", "You specified an account that doesn't exist.", orgs.describe_account, AccountId="123456789012")

    # Whoever may assume roles enters the account, and finds it empty.
    iam.create_user(UserName="boto3-entrant")
    iam.put_user_policy(UserName="boto3-entrant", PolicyName="enter", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}))
    key = iam.create_access_key(UserName="boto3-entrant")["AccessKey"]
    inside = of("sts", key).assume_role(RoleArn="arn:aws:iam::%s:role/OrganizationAccountAccessRole" % member, RoleSessionName="boto3")["Credentials"]
    assert of("sts", inside).get_caller_identity()["Account"] == member
    assert of("ecs", inside).list_clusters()["clusterArns"] == []
    assert of("ecr", inside).describe_repositories()["repositories"] == []
    uri = of("ecr", inside).create_repository(repositoryName="own")["repository"]["repositoryUri"]
    assert uri == "%s/%s/own" % (HOST, member), uri
    try:
        of("organizations", inside).list_accounts()
        raise AssertionError("a member lists the accounts")
    except botocore.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == "AccessDeniedException", e

    # The report knows the key and its use.
    while iam.generate_credential_report()["State"] != "COMPLETE":
        pass
    rows = iam.get_credential_report()["Content"].decode().splitlines()
    mine = dict(zip(rows[0].split(","), next(r for r in rows if r.startswith("boto3-entrant,")).split(",")))
    assert mine["access_key_1_active"] == "true" and mine["access_key_1_last_used_service"] == "sts", mine
    assert iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]["ServiceName"] == "sts"

    orgs.close_account(AccountId=member)
    assert orgs.describe_account(AccountId=member)["Account"]["Status"] == "SUSPENDED"
    try:
        of("sts", inside).get_caller_identity()
        raise AssertionError("a session of a closed account is let in")
    except botocore.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == "InvalidClientTokenId", e
    iam.delete_access_key(UserName="boto3-entrant", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="boto3-entrant", PolicyName="enter")
    iam.delete_user(UserName="boto3-entrant")
    print("an account was made, entered and closed")


main()
