import { describe, expect, test } from 'vitest'
import type { ErrorClass } from '../errors.ts'
import type { ArmAnswer, ArmRequest } from './arm-api.ts'
import { classifyAnswer, classifyEnd, classifyThrown } from './errors.ts'

const put: ArmRequest = { operation: 'RouteTables_CreateOrUpdate', method: 'PUT', path: '/x' }
const get: ArmRequest = { operation: 'RouteTables_Get', method: 'GET', path: '/x' }
const scope = '/subscriptions/s/resourceGroups/prod/providers/Microsoft.Network/routeTables/nodes'

const answer = (status: number, body: unknown, headers: ArmAnswer['headers'] = {}): ArmAnswer => ({
  status,
  body,
  headers: { 'x-ms-request-id': 'r-1', ...headers },
})

/** As others have met them; the URL says where. */
const payloads: readonly (readonly [
  what: string,
  answer: ArmAnswer,
  expected: {
    readonly class: ErrorClass
    readonly code: string
    readonly message: string
    readonly retryAfterMs?: number
  },
])[] = [
  [
    // https://github.com/pulumi/pulumi-azure-native/issues/3720
    'another operation on the same resource',
    answer(
      429,
      {
        error: {
          code: 'RetryableError',
          message: 'A retryable error occurred.',
          details: [
            {
              code: 'RetryableErrorDueToAnotherOperation',
              message:
                'Operation PutSubnetOperation (x) is updating resource y. The call can be retried in 14 seconds.',
            },
          ],
        },
      },
      { 'retry-after': '14' },
    ),
    {
      class: 'transient',
      code: 'RetryableErrorDueToAnotherOperation',
      message: 'can be retried in 14 seconds',
      retryAfterMs: 14_000,
    },
  ],
  [
    // https://github.com/hashicorp/terraform/issues/7986
    'a resource that is referred to is in the works',
    answer(429, {
      error: {
        code: 'RetryableError',
        message: 'A retryable error occured.',
        details: [
          { code: 'ReferencedResourceNotProvisioned', message: 'Cannot proceed with operation because …' },
        ],
      },
    }),
    { class: 'transient', code: 'ReferencedResourceNotProvisioned', message: 'Cannot proceed' },
  ],
  [
    'another operation, as 409',
    answer(409, {
      error: {
        code: 'AnotherOperationInProgress',
        message: 'Another operation on this or dependent resource is in progress.',
        details: [],
      },
    }),
    { class: 'transient', code: 'AnotherOperationInProgress', message: 'is in progress' },
  ],
  [
    // https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/request-limits-and-throttling
    'too many calls of the subscription',
    answer(
      429,
      { error: { code: 'SubscriptionRequestsThrottled', message: "Number of 'write' requests exceeded." } },
      { 'retry-after': '6' },
    ),
    {
      class: 'throttled',
      code: 'SubscriptionRequestsThrottled',
      message: 'Azure throttles',
      retryAfterMs: 6_000,
    },
  ],
  [
    // https://github.com/hashicorp/terraform-provider-azurerm/issues/19146
    'too many calls, in a detail, without Retry-After',
    answer(429, {
      error: {
        code: 'OperationNotAllowed',
        message:
          'The server rejected the request because too many requests have been received for this subscription.',
        details: [{ code: 'TooManyRequests', message: '{"operationGroup":"HighCostGet"}' }],
      },
    }),
    { class: 'throttled', code: 'TooManyRequests', message: 'Azure throttles' },
  ],
  [
    'another revision',
    answer(412, {
      error: {
        code: 'PreconditionFailed',
        message: 'Precondition failed.',
        details: [
          {
            code: 'PreconditionFailedEtagMismatch',
            message: 'Etag provided in if-match header W/"1" does not match etag W/"2"',
          },
        ],
      },
    }),
    { class: 'changed', code: 'PreconditionFailedEtagMismatch', message: 'does not match' },
  ],
  [
    // https://github.com/kubernetes-sigs/cloud-provider-azure/issues/657
    'two routes of one prefix',
    answer(400, {
      error: {
        code: 'RouteConflict',
        message: 'Route: a____102445024 conflicts with Route: a. Routes cannot have the same AddressPrefix.',
        details: [],
      },
    }),
    { class: 'changed', code: 'RouteConflict', message: 'same AddressPrefix' },
  ],
  [
    'a policy, by the name that people know',
    answer(403, {
      error: {
        code: 'RequestDisallowedByPolicy',
        target: 'nodes',
        message: `Resource 'nodes' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"fd5e2cb3","id":"…"}}]'.`,
        additionalInfo: [
          {
            type: 'PolicyViolation',
            info: {
              policyAssignmentDisplayName: 'Allow Central US and WEU only',
              policyDefinitionDisplayName: 'Allowed locations',
            },
          },
        ],
      },
    }),
    {
      class: 'unauthorized',
      code: 'RequestDisallowedByPolicy',
      message: `the Azure policy "Allow Central US and WEU only" forbids it: Resource 'nodes' was disallowed by policy. (RequestDisallowedByPolicy)`,
    },
  ],
  [
    // https://github.com/Azure/AKS/issues/2681
    'a policy, as 409, with its name in the text only',
    answer(409, {
      error: {
        code: 'RequestDisallowedByPolicy',
        message: `Resource 'nodes' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"no-udr","id":"…"}}]'.`,
      },
    }),
    {
      class: 'unauthorized',
      code: 'RequestDisallowedByPolicy',
      message: 'the Azure policy "no-udr" forbids it',
    },
  ],
  [
    'a permission',
    answer(403, {
      error: {
        code: 'AuthorizationFailed',
        message: `The client 'podway' with object id 'o' does not have authorization to perform action 'Microsoft.Network/routeTables/write' over scope '${scope}' or the scope is invalid.`,
      },
    }),
    {
      class: 'unauthorized',
      code: 'AuthorizationFailed',
      message: `the permission Microsoft.Network/routeTables/write on ${scope} is missing for podway (AuthorizationFailed)`,
    },
  ],
  [
    'a permission on what a document refers to',
    answer(403, {
      error: {
        code: 'LinkedAuthorizationFailed',
        message: `The client 'podway' with object id 'o' has permission to perform action 'Microsoft.Network/networkInterfaces/write' on scope 'x'; however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '${scope}' or the linked scope(s) are invalid.`,
      },
    }),
    {
      class: 'unauthorized',
      code: 'LinkedAuthorizationFailed',
      message: 'the permission Microsoft.Network/virtualNetworks/subnets/join/action on',
    },
  ],
  [
    'a lock',
    answer(409, {
      error: {
        code: 'ScopeLocked',
        message: "The scope 'x' cannot perform write operation because following scope(s) are locked: 'x'.",
      },
    }),
    { class: 'unauthorized', code: 'ScopeLocked', message: 'are locked' },
  ],
  [
    'a token that is over',
    answer(401, {
      error: {
        code: 'ExpiredAuthenticationToken',
        message: 'The access token expiry UTC time is earlier than now.',
      },
    }),
    { class: 'unauthorized', code: 'ExpiredAuthenticationToken', message: 'Azure does not allow' },
  ],
  [
    // https://learn.microsoft.com/en-us/azure/azure-resource-manager/troubleshooting/error-register-resource-provider
    'a subscription that has not the resource provider',
    answer(409, {
      error: {
        code: 'MissingSubscriptionRegistration',
        message: "The subscription is not registered to use namespace 'Microsoft.PolicyInsights'.",
      },
    }),
    { class: 'unauthorized', code: 'MissingSubscriptionRegistration', message: 'is not registered to use' },
  ],
  [
    'a table that is gone',
    answer(404, { error: { code: 'ResourceNotFound', message: "The Resource 'x' was not found." } }),
    { class: 'not-found', code: 'ResourceNotFound', message: 'was not found' },
  ],
  [
    'a full table',
    answer(400, {
      error: { code: 'RouteCountLimitReached', message: 'Cannot create more than 400 routes.' },
    }),
    { class: 'quota', code: 'RouteCountLimitReached', message: 'the route table is full' },
  ],
  [
    // https://github.com/Azure/azure-rest-api-specs/issues/3003: of a security group, by the same resource provider
    'a limit of Microsoft.Network',
    answer(400, {
      error: {
        code: 'SecurityRuleCountLimitReached',
        message: 'A security group cannot have more than 1000 security rules.',
        details: [],
      },
    }),
    { class: 'quota', code: 'SecurityRuleCountLimitReached', message: 'cannot have more than 1000' },
  ],
  [
    'a limit of Microsoft.Network, of one kind',
    answer(400, {
      error: {
        code: 'IPv4StandardSkuPublicIpCountLimitReached',
        message:
          'Cannot create more than 10 IPv4 Standard SKU public IP addresses for this subscription in this region.',
        details: [],
      },
    }),
    {
      class: 'quota',
      code: 'IPv4StandardSkuPublicIpCountLimitReached',
      message: 'Cannot create more than 10',
    },
  ],
  [
    'a limit of ARM',
    answer(400, { error: { code: 'ResourceCountExceedsLimitDueToTemplate', message: 'The quota is 1.' } }),
    { class: 'quota', code: 'ResourceCountExceedsLimitDueToTemplate', message: 'The quota is 1.' },
  ],
  [
    'a policy, in a detail; and a second one',
    answer(400, {
      error: {
        code: 'InvalidTemplateDeployment',
        message: 'The template deployment failed because of policy violation.',
        details: [
          {
            code: 'RequestDisallowedByPolicy',
            message: "Resource 'nodes' was disallowed by policy.",
            additionalInfo: [
              { type: 'PolicyViolation', info: { policyDefinitionDisplayName: 'No user-defined routes' } },
              { type: 'PolicyViolation', info: { policyAssignmentName: 'tags' } },
            ],
          },
        ],
      },
    }),
    {
      class: 'unauthorized',
      code: 'RequestDisallowedByPolicy',
      message: 'the Azure policies "No user-defined routes", "tags" forbid it',
    },
  ],
  [
    'a bad route',
    answer(400, {
      error: {
        code: 'InvalidRequestFormat',
        message: 'Cannot parse the request.',
        details: [{ code: 'InvalidJson', message: 'Error converting value "x".' }],
      },
    }),
    { class: 'invalid', code: 'InvalidJson', message: 'Error converting value' },
  ],
  [
    'a fault of the service: who knows what was done',
    answer(500, { error: { code: 'InternalServerError', message: 'An error occurred.', details: [] } }),
    { class: 'unknown-outcome', code: 'InternalServerError', message: 'may or may not have happened' },
  ],
  [
    'a gateway before it',
    answer(502, '<html>Bad Gateway</html>'),
    { class: 'unknown-outcome', code: 'HTTP 502', message: 'not of ARM' },
  ],
  [
    'a proxy that lets nothing through',
    answer(403, '<html>Forbidden</html>'),
    { class: 'transient', code: 'HTTP 403', message: 'not of ARM' },
  ],
]

describe('answers to a write', () => {
  test.each(payloads)('%s', (_what, given, { message, ...expected }) => {
    const error = classifyAnswer(given, put)
    expect(error).toMatchObject({
      name: 'ProviderError',
      action: put.operation,
      requestId: 'r-1',
      ...expected,
    })
    expect(error.message).toContain(message)
  })
})

test.each([
  [500, { error: { code: 'InternalServerError', message: 'x' } }],
  [503, undefined],
  [408, { error: { code: 'RequestTimeout', message: 'x' } }],
])('a reading that fails with %i passes', (status, body) => {
  expect(classifyAnswer(answer(status, body), get).class).toBe('transient')
})

test.each([
  ['Failed', { code: 'InternalServerError', message: 'An error occurred.' }, 'transient'],
  ['Failed', { code: 'InvalidCIDRNotation', message: 'The address prefix has an invalid CIDR.' }, 'invalid'],
  ['Failed', { code: 'NextHopTypeNotSupported', message: 'x' }, 'invalid'],
  ['Failed', { code: 'RouteConflict', message: 'Routes cannot have the same AddressPrefix.' }, 'changed'],
  ['Canceled', { code: 'CanceledAndSupersededDueToAnotherOperation', message: 'x' }, 'changed'],
  ['Canceled', undefined, 'changed'],
] as const)('an operation that ends as %s with %j', (status, error, expected) => {
  expect(classifyEnd(status, error, put.operation).class).toBe(expected)
})

describe('no answer', () => {
  const thrown = (fields: object): Error => Object.assign(new Error('why'), fields)
  test.each<[what: string, error: unknown, write: ErrorClass, read: ErrorClass]>([
    ['never sent', thrown({ name: 'RestError', code: 'ECONNREFUSED' }), 'transient', 'transient'],
    ['no name', thrown({ name: 'RestError', code: 'ENOTFOUND' }), 'transient', 'transient'],
    ['cut', thrown({ name: 'RestError', code: 'ECONNRESET' }), 'unknown-outcome', 'transient'],
    ['late', thrown({ code: 'ETIMEDOUT' }), 'unknown-outcome', 'transient'],
    [
      'JSON that is none',
      thrown({ name: 'RestError', code: 'PARSE_ERROR', statusCode: 200 }),
      'unknown-outcome',
      'transient',
    ],
    ['no credentials', thrown({ name: 'CredentialUnavailableError' }), 'unauthorized', 'unauthorized'],
    [
      'a secret that is over',
      thrown({ name: 'AuthenticationError', statusCode: 401, errorResponse: { error: 'invalid_client' } }),
      'unauthorized',
      'unauthorized',
    ],
    [
      'an issuer that is down',
      thrown({ name: 'AuthenticationError', statusCode: 503 }),
      'transient',
      'transient',
    ],
    ['none of several', thrown({ name: 'AggregateAuthenticationError' }), 'unauthorized', 'unauthorized'],
    ['no error at all', 'a text', 'unknown-outcome', 'transient'],
  ])('%s', (_what, error, write, read) => {
    expect(classifyThrown(error, put).class).toBe(write)
    expect(classifyThrown(error, get).class).toBe(read)
  })

  test('the issuer names what is wrong with a secret', () => {
    const error = thrown({
      name: 'AuthenticationError',
      statusCode: 401,
      errorResponse: { error: 'invalid_client' },
    })
    expect(classifyThrown(error, get)).toMatchObject({
      code: 'invalid_client',
      message: expect.stringContaining('no Azure credentials') as unknown,
    })
  })
})
