// Package iam is the front door of AWS's Identity and Access Management: users,
// groups, roles, instance profiles, access keys, policies and identity
// providers, and the simulation of policies.
//
// It decides what a valid name, document or limit is and how pages are cut, and
// words answers and errors as AWS does. It keeps everything in the store and
// never enforces a policy: who may do what is decided before a request gets
// here. Secrets of access keys leave it once, in the answer that makes them,
// and reach the store sealed.
//
// Not kept, and therefore neither made nor found: console passwords, MFA
// devices, SSH keys, certificates, SAML and service-specific credentials. Access advisor, credential reports, organizations and delegation
// are refused as operations that are not supported.
package iam
