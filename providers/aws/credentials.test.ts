import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { selfSigned } from '../../kube/testing/self-signed.ts'
import { type Ec2ClientOptions, createEc2Client } from './client.ts'
import { classify } from './errors.ts'

const noTables =
  '<DescribeRouteTablesResponse><requestId>r</requestId><routeTableSet/></DescribeRouteTablesResponse>'
const expiration = '2100-01-01T00:00:00Z'

const roleArn = 'arn:aws:iam::123456789012:role/podway'
const forbiddenRoleArn = 'arn:aws:iam::123456789012:role/other'
const forbidden =
  '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>' +
  '<Message>User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole on resource: ' +
  `${forbiddenRoleArn}</Message></Error><RequestId>r</RequestId></ErrorResponse>`

/** Everything that a client could ask on its way to EC2, in one server. */
interface Seen {
  /** Who signed the request to EC2. */
  readonly accessKeys: string[]
  /** What STS was asked for. */
  readonly assumed: URLSearchParams[]
  readonly tokens: (string | undefined)[]
  /** Who signed the requests to STS. */
  readonly assumers: string[]
}

let folder: string
let seen: Seen
let server: Server
let url: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podway-credentials-'))
  seen = { accessKeys: [], assumed: [], tokens: [], assumers: [] }
  server = createServer((request, response) => void answer(request, response))
  url = `http://127.0.0.1:${await listen(server)}`
  // None of the machine's own settings.
  for (const name of Object.keys(process.env))
    if (name.startsWith('AWS_') || /^(https?|no)_proxy$/i.test(name)) vi.stubEnv(name, undefined)
  vi.stubEnv('HOME', folder)
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_REGION', 'eu-central-1')
  vi.stubEnv('AWS_ENDPOINT_URL', url)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

const listen = async (one: Server): Promise<number> => {
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
  return (one.address() as AddressInfo).port
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = new URLSearchParams(Buffer.concat(chunks).toString())
  const action = body.get('Action')
  const signer = /Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? 'nobody'
  if (body.get('RoleArn') === forbiddenRoleArn) {
    response.writeHead(403, { 'content-type': 'text/xml' }).end(forbidden)
  } else if (action?.startsWith('AssumeRole') === true) {
    seen.assumed.push(body)
    seen.assumers.push(signer)
    response.setHeader('content-type', 'text/xml').end(session(action))
  } else if (action !== null) {
    seen.accessKeys.push(signer)
    response.end(noTables)
  } else if (request.url === '/latest/api/token') {
    response.setHeader('x-aws-ec2-metadata-token-ttl-seconds', '60').end('a-token')
  } else if (request.url?.endsWith('/security-credentials/') === true) {
    response.end('podway')
  } else if (request.url?.startsWith('/federation/credentials') === true) {
    seen.tokens.push(`${request.headers['x-amz-sso_bearer_token']?.toString()} ${request.url}`)
    const roleCredentials = {
      accessKeyId: 'AKIDSSO',
      secretAccessKey: 's',
      sessionToken: 't',
      expiration: Date.parse(expiration),
    }
    response.end(JSON.stringify({ roleCredentials }))
  } else {
    seen.tokens.push(request.headers.authorization)
    const AccessKeyId = request.url === '/pod-identity' ? 'AKIDPOD' : 'AKIDINSTANCE'
    const Expiration = expiration
    response.end(
      JSON.stringify({ Code: 'Success', AccessKeyId, SecretAccessKey: 's', Token: 't', Expiration }),
    )
  }
}

const session = (action: string): string =>
  `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>` +
  '<AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>' +
  `<Expiration>${expiration}</Expiration></Credentials></${action}Result></${action}Response>`

const signers = async (options: Ec2ClientOptions = {}): Promise<readonly string[]> => {
  const ec2 = await createEc2Client(options)
  try {
    await ec2.describeRouteTables({})
    return seen.accessKeys
  } finally {
    ec2.destroy()
  }
}

describe('credentials', () => {
  test('of the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENV')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's')
    expect(await signers()).toEqual(['AKIDENV'])
  })

  test('of a service account (IRSA)', async () => {
    await writeFile(join(folder, 'token'), 'a-service-account-token')
    vi.stubEnv('AWS_ROLE_ARN', roleArn)
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'))
    expect(await signers()).toEqual(['AKIDROLE'])
    expect(seen.assumed.map((body) => [body.get('RoleArn'), body.get('WebIdentityToken')])).toEqual([
      [roleArn, 'a-service-account-token'],
    ])
  })

  test('of a pod (EKS Pod Identity)', async () => {
    await writeFile(join(folder, 'token'), 'a-pod-token')
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/pod-identity`)
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', join(folder, 'token'))
    expect(await signers()).toEqual(['AKIDPOD'])
    expect(seen.tokens).toEqual(['a-pod-token'])
  })

  test('of the instance', async () => {
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined)
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', url)
    expect(await signers()).toEqual(['AKIDINSTANCE'])
  })

  test('of an SSO session that somebody has begun', async () => {
    vi.stubEnv('AWS_PROFILE', 'routes')
    const profile = [
      '[profile routes]',
      'sso_session = company',
      'sso_account_id = 123456789012',
      'sso_role_name = Network',
      '[sso-session company]',
      'sso_start_url = https://company.awsapps.com/start',
      'sso_region = eu-central-1',
    ]
    await writeFile(join(folder, 'config'), profile.join('\n'))
    // As `aws sso login` leaves it: named by the session.
    const cache = join(folder, '.aws', 'sso', 'cache')
    await mkdir(cache, { recursive: true })
    const name = createHash('sha1').update('company').digest('hex')
    await writeFile(
      join(cache, `${name}.json`),
      JSON.stringify({ accessToken: 'an-sso-token', expiresAt: expiration }),
    )
    expect(await signers()).toEqual(['AKIDSSO'])
    expect(seen.tokens).toEqual([
      'an-sso-token /federation/credentials?account_id=123456789012&role_name=Network',
    ])
  })

  test('of a role that the profile names, assumed by another profile', async () => {
    vi.stubEnv('AWS_PROFILE', 'routes')
    const profiles = [
      '[profile base]',
      'aws_access_key_id = AKIDBASE',
      'aws_secret_access_key = s',
      '[profile routes]',
      `role_arn = ${roleArn}`,
      'source_profile = base',
      'external_id = an-id',
      'role_session_name = podway',
    ]
    await writeFile(join(folder, 'config'), profiles.join('\n'))
    expect(await signers()).toEqual(['AKIDROLE'])
    expect(
      seen.assumed.map((body) => ['RoleArn', 'ExternalId', 'RoleSessionName'].map((name) => body.get(name))),
    ).toEqual([[roleArn, 'an-id', 'podway']])
  })

  test('of a role that the profile names, assumed by the pod’s', async () => {
    vi.stubEnv('AWS_PROFILE', 'routes')
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/pod-identity`)
    const profile = ['[profile routes]', `role_arn = ${roleArn}`, 'credential_source = EcsContainer']
    await writeFile(join(folder, 'config'), profile.join('\n'))
    expect(await signers()).toEqual(['AKIDROLE'])
    expect(seen.assumed.map((body) => body.get('RoleArn'))).toEqual([roleArn])
    expect(seen.tokens).toHaveLength(1)
  })
})

describe('a role to assume', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENV')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's')
  })

  test('is assumed with the credentials that were found', async () => {
    expect(await signers({ role: { arn: roleArn, externalId: 'an-id' } })).toEqual(['AKIDROLE'])
    expect(seen.assumers).toEqual(['AKIDENV'])
    expect(
      seen.assumed.map((body) => ['RoleArn', 'ExternalId', 'RoleSessionName'].map((name) => body.get(name))),
    ).toEqual([[roleArn, 'an-id', 'podway']])
  })

  test('is assumed with those of a service account, if there are such', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    await writeFile(join(folder, 'token'), 'a-service-account-token')
    vi.stubEnv('AWS_ROLE_ARN', roleArn)
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'))
    const arn = 'arn:aws:iam::210987654321:role/network'
    expect(await signers({ role: { arn } })).toEqual(['AKIDROLE'])
    expect(seen.assumed.map((body) => [body.get('Action'), body.get('RoleArn')])).toEqual([
      ['AssumeRoleWithWebIdentity', roleArn],
      ['AssumeRole', arn],
    ])
  })

  test('that may not be assumed is told with who, what and which role', async () => {
    const refused = await signers({ role: { arn: forbiddenRoleArn } }).catch((error: unknown) =>
      classify(error, 'DescribeRouteTables'),
    )
    expect(refused).toMatchObject({
      class: 'unauthorized',
      code: 'AccessDenied',
      message: `the permission sts:AssumeRole on ${forbiddenRoleArn} is missing for arn:aws:iam::123456789012:user/me (AccessDenied)`,
    })
    expect(seen.accessKeys).toEqual([])
  })
})

describe('where EC2 is', () => {
  test.each([
    ['eu-central-1', 'ec2.eu-central-1.amazonaws.com:443'],
    ['us-gov-west-1', 'ec2.us-gov-west-1.amazonaws.com:443'],
    ['cn-north-1', 'ec2.cn-north-1.amazonaws.com.cn:443'],
    ['us-iso-east-1', 'ec2.us-iso-east-1.c2s.ic.gov:443'],
  ])('in %s: %s', async (region, host) => {
    const hosts: string[] = []
    server.on('connect', (request, socket) => {
      hosts.push(request.url ?? '')
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    vi.stubEnv('AWS_ENDPOINT_URL', undefined)
    vi.stubEnv('AWS_REGION', region)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENV')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's')
    vi.stubEnv('HTTPS_PROXY', url)
    await expect(signers()).rejects.toThrow()
    expect(hosts).toEqual([host])
  })
})

describe('an endpoint with a certificate of one’s own', () => {
  const identity = selfSigned('ec2')
  let tls: Server
  beforeEach(async () => {
    const { cert, key } = identity
    tls = createTlsServer({ cert, key }, (request, response) => void answer(request, response))
    vi.stubEnv('AWS_ENDPOINT_URL', `https://127.0.0.1:${await listen(tls)}`)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENV')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's')
    await writeFile(join(folder, 'ca.pem'), identity.cert)
  })
  afterEach(() => {
    tls.closeAllConnections()
    tls.close()
  })

  test('is not trusted as it is', async () => {
    await expect(signers()).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })

  test('is trusted by AWS_CA_BUNDLE, and so is the STS beside it', async () => {
    vi.stubEnv('AWS_CA_BUNDLE', join(folder, 'ca.pem'))
    expect(await signers()).toEqual(['AKIDENV'])
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    await writeFile(join(folder, 'token'), 'a-service-account-token')
    vi.stubEnv('AWS_ROLE_ARN', roleArn)
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'))
    expect(await signers()).toEqual(['AKIDENV', 'AKIDROLE'])
  })

  test('is trusted by NODE_EXTRA_CA_CERTS, which Node reads when it starts', async () => {
    const program = [
      `const { createEc2Client } = await import(${JSON.stringify(new URL('client.ts', import.meta.url).href)})`,
      'const ec2 = await createEc2Client()',
      'console.log((await ec2.describeRouteTables({})).RouteTables.length)',
    ].join('\n')
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { env },
    )
    expect(stdout).toBe('0\n')
    expect(seen.accessKeys).toEqual(['AKIDENV'])
  })

  test('a bundle that can’t be read is fatal, and told so', async () => {
    vi.stubEnv('AWS_CA_BUNDLE', join(folder, 'nowhere.pem'))
    await expect(createEc2Client()).rejects.toMatchObject({
      class: 'fatal',
      code: 'CaBundleUnreadable',
      message: expect.stringContaining('nowhere.pem') as unknown,
    })
  })
})
