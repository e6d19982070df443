import { describe, expect, test } from 'vitest'
import { createEc2Simulator } from './ec2-simulator.ts'
import { REGION, must, verdict, wireRequest } from './sdk-fixture.ts'

const NOW = Date.UTC(2026, 0, 1)

describe('the protocol', () => {
  const simulator = createEc2Simulator({ region: REGION })
  const good = wireRequest('DescribeVpcs')
  const authorization = must(good.headers.authorization)
  const signedFor = (from: string, to: string) => ({
    ...good,
    headers: { authorization: authorization.replace(from, to) },
  })

  test.each([
    ['a good request', good, 200, '200'],
    ['a GET', { ...good, method: 'GET', target: `/?${good.body}`, body: '' }, 200, '200'],
    ['unsigned', { ...good, headers: {} }, 403, 'MissingAuthenticationToken'],
    ['another scheme', { ...good, headers: { authorization: 'Basic eDp5' } }, 401, 'AuthFailure'],
    ['signed for another region', signedFor(REGION, 'us-west-2'), 401, 'AuthFailure'],
    ['signed for another service', signedFor('/ec2/', '/sts/'), 401, 'AuthFailure'],
    ['no action', { ...good, body: 'Version=2016-11-15' }, 400, 'MissingAction'],
    ['nothing', { ...good, body: '' }, 400, 'MissingAction'],
    ['an unknown action', wireRequest('CreateRoutes'), 400, 'InvalidAction'],
    ['an action of every object', wireRequest('toString'), 400, 'InvalidAction'],
    ['no version', { ...good, body: 'Action=DescribeVpcs' }, 400, 'MissingParameter'],
    ['another version', { ...good, body: 'Action=DescribeVpcs&Version=2013-10-15' }, 400, 'NoSuchVersion'],
    ['an unknown parameter', wireRequest('DescribeVpcs', { Vpcid: 'x' }), 400, 'UnknownParameter'],
    ['a flag that is none', wireRequest('DescribeVpcs', { DryRun: 'maybe' }), 400, 'InvalidParameterValue'],
    ['text that is no form', { ...good, body: '{"Action":"DescribeVpcs"}' }, 400, 'MissingAction'],
  ])('%s', (_, request, status, code) => {
    const reply = simulator.handle(request, NOW)
    expect([reply.kind === 'response' && reply.status, verdict(reply)]).toEqual([status, code])
    expect(simulator.calls.at(-1)).toMatchObject({ status, time: NOW })
  })

  test('the wire text of an answer and of a refusal', () => {
    const fresh = createEc2Simulator({ region: REGION })
    fresh.handle(wireRequest('CreateVpc', { CidrBlock: '10.0.0.0/16' }), NOW)
    expect(fresh.handle(wireRequest('DescribeRouteTables'), NOW)).toEqual({
      kind: 'response',
      status: 200,
      headers: {
        'content-type': 'text/xml;charset=UTF-8',
        'x-amzn-requestid': '00000000-0000-4000-8000-000000000002',
        server: 'AmazonEC2',
      },
      body:
        '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<DescribeRouteTablesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">' +
        '<requestId>00000000-0000-4000-8000-000000000002</requestId><routeTableSet><item>' +
        '<routeTableId>rtb-00000000000000001</routeTableId><vpcId>vpc-00000000000000001</vpcId><ownerId>123456789012</ownerId>' +
        '<routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId>' +
        '<origin>CreateRouteTable</origin><state>active</state></item></routeSet>' +
        '<associationSet><item><routeTableAssociationId>rtbassoc-00000000000000001</routeTableAssociationId>' +
        '<routeTableId>rtb-00000000000000001</routeTableId><main>true</main>' +
        '<associationState><state>associated</state></associationState></item></associationSet>' +
        '<propagatingVgwSet/><tagSet/></item></routeTableSet></DescribeRouteTablesResponse>',
    })
    const missing = { RouteTableId: 'rtb-00000000000000001', DestinationCidrBlock: '10.244.0.0/24' }
    const refused = fresh.handle(wireRequest('DeleteRoute', missing), NOW)
    expect(refused.kind === 'response' && refused.body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InvalidRoute.NotFound</Code>' +
        '<Message>no route with destination-cidr-block 10.244.0.0/24 in route table rtb-00000000000000001</Message>' +
        '</Error></Errors><RequestID>00000000-0000-4000-8000-000000000003</RequestID></Response>',
    )
  })
})
