import { afterEach, beforeEach, test } from 'vitest'
import { clusterFindings } from './cluster-findings.ts'
import { type AwsWorld, openAwsWorld } from './testing/aws-world.ts'
import { type Case, type WrongCode, expectFinding } from './testing/provoked.ts'

/** Every finding about the cluster itself, provoked, on a cloud where all is well. */

let world: AwsWorld
beforeEach(async () => {
  world = await openAwsWorld()
})
afterEach(() => world.close())

/** The compiler knows if a code is missing here. */
const cases: Readonly<Record<WrongCode<typeof clusterFindings>, Case<AwsWorld>>> = {
  AnotherRouteController: {
    provoke: ({ addWorkload }) =>
      addWorkload('daemonsets', 'aws-cloud-controller-manager', {
        image: 'registry.k8s.io/provider-aws/cloud-controller-manager:v1.35.0',
        args: ['--v=2', '--cloud-provider=aws'],
      }),
    about: 'DaemonSet/kube-system/aws-cloud-controller-manager',
    says: /writes routes for Nodes: it runs without --configure-cloud-routes=false/,
  },
  AnotherAllocator: {
    // kubeadm turns it on where its configuration has a podSubnet.
    provoke: ({ addSystemPod }) =>
      addSystemPod('kube-controller-manager-2', ['kube-controller-manager', '--allocate-node-cidrs=true']),
    about: 'Pod/kube-system/kube-controller-manager-2',
    says: /gives Nodes their podCIDRs, and by its pools podway is to do so too/,
    fix: /--allocate-node-cidrs=false/,
  },
  AnotherPodNetwork: {
    provoke: ({ addWorkload }) => addWorkload('daemonsets', 'aws-node'),
    about: 'DaemonSet/kube-system/aws-node',
    says: /is the Amazon VPC CNI: it gives pods addresses of the VPC/,
  },
  ConditionOfOthers: {
    provoke({ cluster }) {
      const conditions = [{ type: 'NetworkUnavailable', status: 'False', reason: 'CalicoIsUp' }]
      cluster.patchNode('node-a', { status: { conditions } }, '/status')
    },
    about: 'Node/node-a',
    says: /NetworkUnavailable of Node node-a has the reason CalicoIsUp/,
  },
  ControllersUnknown: {
    provoke: ({ forbid }) => forbid('pods'),
    about: 'permission/list pods in kube-system',
    says: /is not known: .*may not list pods/,
    fix: /^Allow list of pods in kube-system/,
  },
  ControllerManagerUnseen: {
    provoke: ({ removeManager }) => removeManager(),
    about: 'cluster/prod',
    says: /No pod in kube-system runs kube-controller-manager/,
  },
}

test.each(Object.entries(cases))('%s', (name, one) => expectFinding(world, clusterFindings, name, one))
