import type { EC2 } from '@aws-sdk/client-ec2'

/** https://docs.aws.amazon.com/general/latest/gr/rande.html, interface endpoints of VPCs and all partitions among them. */
const suffixes =
  /\.(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws|api\.amazonwebservices\.com\.cn)$/

/** Of a host name: whether it is AWS's own, and so no emulator. */
export const isAwsHost = (hostname: string): boolean => suffixes.test(hostname)

/** Looks where the client's requests go. The answer is whether all of them so far went to AWS itself; no if there were none. */
export function watchAnswerer(client: EC2): () => boolean {
  const hosts = new Set<string>()
  client.middlewareStack.add(
    (next) => (args) => {
      hosts.add((args.request as { readonly hostname?: string }).hostname ?? '')
      return next(args)
    },
    { step: 'build', name: 'watchAnswerer' },
  )
  return () => hosts.size > 0 && [...hosts].every(isAwsHost)
}
