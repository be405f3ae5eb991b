package ec2

// The inputs and outputs of the operations, by their names.
type (
	DescribeVpcsInput struct {
		VpcIDs     []string `wire:"VpcId,flat"`
		Filters    []Filter `wire:"Filter,flat"`
		MaxResults *int32   `wire:"MaxResults"`
		NextToken  *string  `wire:"NextToken"`
		DryRun     bool     `wire:"DryRun"`
	}
	DescribeVpcsOutput struct {
		Vpcs      []Vpc   `wire:"vpcSet"`
		NextToken *string `wire:"nextToken"`
	}

	DescribeSubnetsInput struct {
		SubnetIDs  []string `wire:"SubnetId,flat"`
		Filters    []Filter `wire:"Filter,flat"`
		MaxResults *int32   `wire:"MaxResults"`
		NextToken  *string  `wire:"NextToken"`
		DryRun     bool     `wire:"DryRun"`
	}
	DescribeSubnetsOutput struct {
		Subnets   []Subnet `wire:"subnetSet"`
		NextToken *string  `wire:"nextToken"`
	}

	DescribeSecurityGroupsInput struct {
		GroupIDs   []string `wire:"GroupId,flat"`
		GroupNames []string `wire:"GroupName,flat"`
		Filters    []Filter `wire:"Filter,flat"`
		MaxResults *int32   `wire:"MaxResults"`
		NextToken  *string  `wire:"NextToken"`
		DryRun     bool     `wire:"DryRun"`
	}
	DescribeSecurityGroupsOutput struct {
		SecurityGroups []SecurityGroup `wire:"securityGroupInfo"`
		NextToken      *string         `wire:"nextToken"`
	}

	DescribeSecurityGroupRulesInput struct {
		RuleIDs    []string `wire:"SecurityGroupRuleId,flat"`
		Filters    []Filter `wire:"Filter,flat"`
		MaxResults *int32   `wire:"MaxResults"`
		NextToken  *string  `wire:"NextToken"`
		DryRun     bool     `wire:"DryRun"`
	}
	DescribeSecurityGroupRulesOutput struct {
		SecurityGroupRules []SecurityGroupRule `wire:"securityGroupRuleSet"`
		NextToken          *string             `wire:"nextToken"`
	}

	DescribeNetworkInterfacesInput struct {
		InterfaceIDs            []string `wire:"NetworkInterfaceId,flat"`
		IncludeManagedResources bool     `wire:"IncludeManagedResources"`
		Filters                 []Filter `wire:"Filter,flat"`
		MaxResults              *int32   `wire:"MaxResults"`
		NextToken               *string  `wire:"NextToken"`
		DryRun                  bool     `wire:"DryRun"`
	}
	DescribeNetworkInterfacesOutput struct {
		NetworkInterfaces []NetworkInterface `wire:"networkInterfaceSet"`
		NextToken         *string            `wire:"nextToken"`
	}

	DescribeVolumesInput struct {
		VolumeIDs               []string `wire:"VolumeId,flat"`
		IncludeManagedResources bool     `wire:"IncludeManagedResources"`
		Filters                 []Filter `wire:"Filter,flat"`
		MaxResults              *int32   `wire:"MaxResults"`
		NextToken               *string  `wire:"NextToken"`
		DryRun                  bool     `wire:"DryRun"`
	}
	DescribeVolumesOutput struct {
		Volumes   []Volume `wire:"volumeSet"`
		NextToken *string  `wire:"nextToken"`
	}

	DescribeRouteTablesInput struct {
		RouteTableIDs []string `wire:"RouteTableId,flat"`
		Filters       []Filter `wire:"Filter,flat"`
		MaxResults    *int32   `wire:"MaxResults"`
		NextToken     *string  `wire:"NextToken"`
		DryRun        bool     `wire:"DryRun"`
	}
	DescribeRouteTablesOutput struct {
		RouteTables []RouteTable `wire:"routeTableSet"`
		NextToken   *string      `wire:"nextToken"`
	}

	DescribeInternetGatewaysInput struct {
		InternetGatewayIDs []string `wire:"InternetGatewayId,flat"`
		Filters            []Filter `wire:"Filter,flat"`
		MaxResults         *int32   `wire:"MaxResults"`
		NextToken          *string  `wire:"NextToken"`
		DryRun             bool     `wire:"DryRun"`
	}
	DescribeInternetGatewaysOutput struct {
		InternetGateways []InternetGateway `wire:"internetGatewaySet"`
		NextToken        *string           `wire:"nextToken"`
	}

	DescribeDhcpOptionsInput struct {
		DhcpOptionsIDs []string `wire:"DhcpOptionsId,flat"`
		Filters        []Filter `wire:"Filter,flat"`
		MaxResults     *int32   `wire:"MaxResults"`
		NextToken      *string  `wire:"NextToken"`
		DryRun         bool     `wire:"DryRun"`
	}
	DescribeDhcpOptionsOutput struct {
		DhcpOptions []DhcpOptions `wire:"dhcpOptionsSet"`
		NextToken   *string       `wire:"nextToken"`
	}

	DescribeNetworkAclsInput struct {
		NetworkACLIDs []string `wire:"NetworkAclId,flat"`
		Filters       []Filter `wire:"Filter,flat"`
		MaxResults    *int32   `wire:"MaxResults"`
		NextToken     *string  `wire:"NextToken"`
		DryRun        bool     `wire:"DryRun"`
	}
	DescribeNetworkAclsOutput struct {
		NetworkACLs []NetworkACL `wire:"networkAclSet"`
		NextToken   *string      `wire:"nextToken"`
	}

	DescribeAvailabilityZonesInput struct {
		ZoneNames            []string `wire:"ZoneName,flat"`
		ZoneIDs              []string `wire:"ZoneId,flat"`
		AllAvailabilityZones bool     `wire:"AllAvailabilityZones"`
		Filters              []Filter `wire:"Filter,flat"`
		DryRun               bool     `wire:"DryRun"`
	}
	DescribeAvailabilityZonesOutput struct {
		AvailabilityZones []AvailabilityZone `wire:"availabilityZoneInfo"`
	}

	DescribeRegionsInput struct {
		RegionNames []string `wire:"RegionName,flat"`
		AllRegions  bool     `wire:"AllRegions"`
		Filters     []Filter `wire:"Filter,flat"`
		DryRun      bool     `wire:"DryRun"`
	}
	DescribeRegionsOutput struct {
		Regions []Region `wire:"regionInfo"`
	}

	DescribeAccountAttributesInput struct {
		AttributeNames []string `wire:"AttributeName,flat"`
		DryRun         bool     `wire:"DryRun"`
	}
	DescribeAccountAttributesOutput struct {
		AccountAttributes []AccountAttribute `wire:"accountAttributeSet"`
	}

	DescribeVpcAttributeInput struct {
		VpcID     *string `wire:"VpcId"`
		Attribute *string `wire:"Attribute"`
		DryRun    bool    `wire:"DryRun"`
	}
	DescribeVpcAttributeOutput struct {
		VpcID                            string                 `wire:"vpcId"`
		EnableDNSSupport                 *AttributeBooleanValue `wire:"enableDnsSupport"`
		EnableDNSHostnames               *AttributeBooleanValue `wire:"enableDnsHostnames"`
		EnableNetworkAddressUsageMetrics *AttributeBooleanValue `wire:"enableNetworkAddressUsageMetrics"`
	}
)
