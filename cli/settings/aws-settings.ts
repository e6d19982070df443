import { awsModes } from '../../providers/aws/mode.ts'
import { parseTargetInterface } from './target-interface.ts'
import { setting } from './setting.ts'
import { boolean, choice, matching, parsed, wholeNumber } from './value-types.ts'

const group = 'AWS:'

/** What only AWS has. */
export const awsSettings = {
  awsTargetInterface: setting({
    group,
    type: parsed('<which>', parseTargetInterface),
    description:
      'which network interface of an instance routes lead to: primary, device-index=N, tag=KEY=VALUE or subnet=ID',
    default: 'primary',
  }),
  awsMode: setting({
    group,
    type: choice('<mode>', awsModes),
    description:
      'how pods are reached: by route tables (routes), or in IPv6 by a prefix that the VPC delegates to the node’s interface (ipv6-prefix)',
    default: 'routes',
  }),
  awsMatchNodeNames: setting({
    group,
    type: boolean,
    description:
      'whether a Node that has neither provider ID nor a known address is found by its name, if that is its instance’s private DNS name',
    default: false,
  }),
  awsRoutesPerTable: setting({
    group,
    type: wholeNumber('<count>', { min: 1, max: 1_000 }),
    description: 'how many routes of each family a table takes, by the account’s quota',
    unless: '500',
  }),
  awsRoleArn: setting({
    group,
    type: matching(
      '<arn>',
      /^arn:[\w-]+:iam::\d{12}:role\/\S+$/,
      'expected the ARN of a role, arn:aws:iam::123456789012:role/NAME',
    ),
    description: 'the role to assume with the credentials that were found',
  }),
  awsRoleExternalId: setting({
    group,
    // The limits of AssumeRole (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
    type: matching(
      '<id>',
      /^[\w+=,.@:/-]{2,1224}$/,
      'expected 2 to 1,224 letters, digits or + = , . @ : / - _',
    ),
    description: 'the external ID that the role asks for',
    secret: true,
  }),
} as const
