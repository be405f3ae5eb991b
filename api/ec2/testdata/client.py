"""What boto3 makes of the front door's answers. Arguments: URL, interface id, its subnet."""
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

url, eni, subnet = sys.argv[1:4]
ec2 = boto3.client("ec2", endpoint_url=url, region_name="us-east-1", aws_access_key_id="ROOT", aws_secret_access_key="s",
                   config=Config(retries={"max_attempts": 1}, parameter_validation=False))


def by(name, *values):
    return {"Name": name, "Values": list(values)}


def fails(code, message, call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        assert e.response["Error"]["Message"] == message, e
        assert e.response["ResponseMetadata"]["RequestId"], e.response
        return
    raise AssertionError(f"{call} with {arguments} does not fail")


[vpc] = ec2.describe_vpcs(Filters=[by("is-default", "true")])["Vpcs"]
assert vpc["CidrBlock"] == "172.31.0.0/16" and vpc["IsDefault"] and vpc["State"] == "available" and vpc["Tags"] == [], vpc
assert vpc["CidrBlockAssociationSet"][0]["CidrBlockState"] == {"State": "associated"}, vpc
assert ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"] == [vpc]
assert ec2.describe_vpcs(Filters=[by("is-default", "false")])["Vpcs"] == []
fails("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist", ec2.describe_vpcs, VpcIds=["vpc-1"])
fails("InvalidParameterValue", "The filter 'colour' is invalid", ec2.describe_vpcs, Filters=[by("colour", "red")])
fails("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", ec2.describe_vpcs, DryRun=True)
for attribute, value in ("enableDnsSupport", True), ("enableDnsHostnames", True), ("enableNetworkAddressUsageMetrics", False):
    out = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
    assert out[attribute[0].upper() + attribute[1:]] == {"Value": value}, out

subnets = ec2.describe_subnets(Filters=[by("vpc-id", vpc["VpcId"]), by("default-for-az", "true")])["Subnets"]
assert sorted((s["AvailabilityZone"], s["AvailabilityZoneId"], s["CidrBlock"]) for s in subnets) == [
    ("us-east-1a", "use1-az1", "172.31.0.0/20"), ("us-east-1b", "use1-az2", "172.31.16.0/20"), ("us-east-1c", "use1-az3", "172.31.32.0/20")], subnets
for s in subnets:
    assert s["AvailableIpAddressCount"] == 4091 - (s["SubnetId"] == subnet), s
    assert s["MapPublicIpOnLaunch"] and s["SubnetArn"].endswith(":subnet/" + s["SubnetId"]), s
assert len(ec2.describe_subnets(Filters=[by("availability-zone", "us-east-1[ab]", "us-east-1b", "us-west-*")])["Subnets"]) == 1
assert len(ec2.describe_subnets(Filters=[by("availability-zone", "us-east-1?")])["Subnets"]) == 3
assert ec2.describe_subnets(Filters=[by("tag:Name", "x")])["Subnets"] == []
fails("InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist", ec2.describe_subnets, SubnetIds=["subnet-1"])
fails("InvalidParameterValue", "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than or equal to 5.",
      ec2.describe_subnets, MaxResults=4)
fails("InvalidParameterCombination", "The parameter SubnetIds cannot be used with the parameter MaxResults",
      ec2.describe_subnets, MaxResults=5, SubnetIds=[subnet])
fails("InvalidParameterValue", "Invalid value 'x' for the nextToken", ec2.describe_subnets, NextToken="x")

[group] = ec2.describe_security_groups(Filters=[by("group-name", "default"), by("vpc-id", vpc["VpcId"])])["SecurityGroups"]
own = {"UserId": vpc["OwnerId"], "GroupId": group["GroupId"]}
assert group["IpPermissions"] == [{"IpProtocol": "-1", "UserIdGroupPairs": [own], "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}], group
assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}], group
assert ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"] == [group]
assert ec2.describe_security_groups(Filters=[by("egress.ip-permission.cidr", "0.0.0.0/0")])["SecurityGroups"] == [group]
fails("InvalidGroup.NotFound", "The security group 'sg-1' does not exist", ec2.describe_security_groups, GroupIds=["sg-1"])
rules = ec2.describe_security_group_rules(Filters=[by("group-id", group["GroupId"])])["SecurityGroupRules"]
assert sorted(r["IsEgress"] for r in rules) == [False, True] and all(r["FromPort"] == -1 for r in rules), rules
assert [r["ReferencedGroupInfo"]["GroupId"] for r in rules if not r["IsEgress"]] == [group["GroupId"]], rules

[n] = ec2.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"]
assert n["Status"] == "in-use" and n["RequesterManaged"] and n["SubnetId"] == subnet and n["Groups"] == [{"GroupId": group["GroupId"], "GroupName": "default"}], n
assert n["Description"].startswith("arn:aws:ecs:us-east-1:") and ":attachment/" in n["Description"] and n["Attachment"]["Status"] == "attaching", n
assert n["PrivateDnsName"] == "ip-" + n["PrivateIpAddress"].replace(".", "-") + ".ec2.internal", n
assert n["TagSet"] == [{"Key": "aws:ecs:clusterName", "Value": "default"}], n
for f in by("subnet-id", subnet), by("group-id", group["GroupId"]), by("description", "*attachment/*"), by("addresses.private-ip-address", n["PrivateIpAddress"]):
    assert ec2.describe_network_interfaces(Filters=[f])["NetworkInterfaces"] == [n], f
fails("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID 'eni-1' does not exist", ec2.describe_network_interfaces, NetworkInterfaceIds=["eni-1"])

[attached, fargate, left] = ec2.describe_volumes()["Volumes"]
arn = "arn:aws:ecs:us-east-1:" + vpc["OwnerId"] + ":task/default/"
[attachment] = attached.pop("Attachments")
made = attached.pop("CreateTime")
assert made.timestamp() == 1700000000 and attachment.pop("AttachTime") == made, made
assert attachment == {"VolumeId": attached["VolumeId"], "InstanceId": "i-0123456789abcdef0", "Device": "/dev/xvdba", "State": "attached",
                      "DeleteOnTermination": True}, attachment
assert {t["Key"]: t["Value"] for t in attached.pop("Tags")} == {
    "AmazonECSCreated": arn + "000000000000000a7777777777777777", "AmazonECSManaged": "true", "team": "blue"}
assert attached == {"VolumeId": "vol-0000000000000000a", "Size": 100, "SnapshotId": "", "AvailabilityZone": "us-east-1b", "AvailabilityZoneId": "use1-az2",
                    "State": "in-use", "VolumeType": "gp3", "Iops": 3000, "Throughput": 125, "Encrypted": False, "MultiAttachEnabled": False}, attached
assert fargate["Attachments"][0]["AssociatedResource"] == arn + "000000000000000b7777777777777777" and fargate["Iops"] == 300, fargate
assert fargate["Attachments"][0]["InstanceOwningService"] == "ecs.amazonaws.com" and "InstanceId" not in fargate["Attachments"][0], fargate
assert left["State"] == "available" and left["Attachments"] == [], left
ec2.get_waiter("volume_available").wait(VolumeIds=[left["VolumeId"]], WaiterConfig={"MaxAttempts": 1})
assert ec2.describe_volumes(Filters=[by("tag:team", "blue"), by("status", "in-use")])["Volumes"][0]["VolumeId"] == attached["VolumeId"]
fails("InvalidVolume.NotFound", "The volume 'vol-1' does not exist.", ec2.describe_volumes, VolumeIds=["vol-1"])

zones = ec2.describe_availability_zones(Filters=[by("state", "available"), by("opt-in-status", "opt-in-not-required")])["AvailabilityZones"]
assert [z["ZoneName"] for z in zones] == ["us-east-1a", "us-east-1b", "us-east-1c"] and zones[0]["State"] == "available", zones
assert [z["ZoneName"] for z in ec2.describe_availability_zones(ZoneIds=["use1-az2"])["AvailabilityZones"]] == ["us-east-1b"]
fails("InvalidParameterValue", "Invalid availability zone: [us-east-1x]", ec2.describe_availability_zones, ZoneNames=["us-east-1x"])
assert [r["RegionName"] for r in ec2.describe_regions()["Regions"]] == ["us-east-1"]
attributes = {a["AttributeName"]: a["AttributeValues"][0]["AttributeValue"] for a in ec2.describe_account_attributes()["AccountAttributes"]}
assert attributes["default-vpc"] == vpc["VpcId"] and attributes["supported-platforms"] == "VPC", attributes

[table] = ec2.describe_route_tables(Filters=[by("vpc-id", vpc["VpcId"]), by("association.main", "true")])["RouteTables"]
[gateway] = ec2.describe_internet_gateways(Filters=[by("attachment.vpc-id", vpc["VpcId"])])["InternetGateways"]
assert [(r["DestinationCidrBlock"], r["GatewayId"]) for r in table["Routes"]] == [("172.31.0.0/16", "local"), ("0.0.0.0/0", gateway["InternetGatewayId"])], table
[options] = ec2.describe_dhcp_options(DhcpOptionsIds=[vpc["DhcpOptionsId"]])["DhcpOptions"]
assert options["DhcpConfigurations"][0] == {"Key": "domain-name", "Values": [{"Value": "ec2.internal"}]}, options
[acl] = ec2.describe_network_acls(Filters=[by("default", "true")])["NetworkAcls"]
assert acl["IsDefault"] and len(acl["Associations"]) == 3 and len(acl["Entries"]) == 4, acl

fails("InvalidAction", "The requested operation RunInstances is not supported by Roadstead yet.", ec2.run_instances, MinCount=1, MaxCount=1, ImageId="ami-1")
pages = list(ec2.get_paginator("describe_security_group_rules").paginate(PaginationConfig={"PageSize": 5}))
assert len(pages) == 1, pages
stranger = boto3.client("ec2", endpoint_url=url, region_name="us-east-1", aws_access_key_id="NOBODY", aws_secret_access_key="s")
fails("AuthFailure", "AWS was not able to validate the provided access credentials", stranger.describe_vpcs)
print("ok")
