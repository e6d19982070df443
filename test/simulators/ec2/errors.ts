/**
 * A refusal as EC2 words it: the code is what clients classify on, the message is what people read. Codes and texts
 * are those of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and of answers that users of
 * the real API have reported.
 */
export class Ec2Error extends Error {
  readonly code: string
  /** HTTP status. */
  readonly status: number
  constructor(code: string, message: string, status = 400) {
    super(message)
    this.name = 'Ec2Error'
    this.code = code
    this.status = status
  }
}

/** `RouteTableId` → `routeTableId`: parameters are named so in messages. */
export const inMessage = (parameter: string): string => parameter.charAt(0).toLowerCase() + parameter.slice(1)

export const missingParameter = (parameter: string): Ec2Error =>
  new Ec2Error('MissingParameter', `The request must contain the parameter ${inMessage(parameter)}`)

/** `reason` is a whole sentence. */
export const invalidValue = (parameter: string, value: string, reason: string): Ec2Error =>
  new Ec2Error(
    'InvalidParameterValue',
    `Value (${value}) for parameter ${inMessage(parameter)} is invalid. ${reason}`,
  )

export const invalidParameter = (message: string): Ec2Error => new Ec2Error('InvalidParameterValue', message)

export const invalidCombination = (message: string): Ec2Error =>
  new Ec2Error('InvalidParameterCombination', message)

/** Of resources of two VPCs. `a` and `b` with their kind: `route table rtb-1`. */
export const differentNetworks = (a: string, b: string): Ec2Error =>
  invalidParameter(`${a} and ${b} belong to different networks`)

export const dependencyViolation = (noun: string, id: string): Ec2Error =>
  new Ec2Error('DependencyViolation', `The ${noun} '${id}' has dependencies and cannot be deleted.`)

/** Also of calls by instance id that mean an interface (https://github.com/kubernetes/kubernetes/issues/92783). */
export const severalInterfaces = (instanceId: string): Ec2Error =>
  new Ec2Error(
    'InvalidInstanceID',
    `There are multiple interfaces attached to instance '${instanceId}'. Please specify an interface ID for the operation instead.`,
  )
