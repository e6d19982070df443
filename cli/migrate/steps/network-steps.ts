import { flagOf, runs } from '../../doctor/command-line.ts'
import type { Context } from '../context.ts'
import { checkProxy } from '../findings/kube-proxy.ts'
import { masqueraders } from '../findings/networks.ts'
import { enforcementOf } from '../findings/policies.ts'
import { type Step, type Verdict, done, left, unknown } from '../step.ts'
import { giveFlag } from '../turn-off.ts'

/** NetworkPolicies go on to be enforced. */
export function policies(context: Context): Step {
  const { later, now, policies } = enforcementOf(context)
  const verdict = (): Verdict => {
    if ('unread' in context.facts.policies)
      return unknown(
        `Whether there are NetworkPolicies is not known: ${context.facts.policies.unread.message}.`,
      )
    if (policies.length === 0) return done('There are no NetworkPolicies.')
    if (later.length > 0) return done(`${later.join(', ')} enforces NetworkPolicies, and stays.`)
    if (now.length === 0)
      return done(
        `Nothing is seen that enforces the ${policies.length} NetworkPolicies today: nothing is lost.`,
      )
    // Whether they may be lost, nobody but the user can say.
    return unknown(
      `${policies.length} NetworkPolicies are enforced by ${now.join(', ')} alone, which goes: ${policies.slice(0, 5).join(', ')}${policies.length > 5 ? ' …' : ''}.`,
    )
  }
  return {
    name: 'policies',
    title: 'Have NetworkPolicies enforced by something that stays',
    why: 'podway enforces none. Without an enforcer they stay as objects, and everything is allowed.',
    needs: [],
    how: [
      '# One of them, beside podway’s plugin: kube-network-policies (https://github.com/kubernetes-sigs/kube-network-policies),',
      '# Calico for policy only, or Cilium chained behind the plugin (generic-veth).',
      '# Or, if they may go unenforced from now on: --assume policies',
    ],
    verdict: verdict(),
    back: 'Remove what was installed.',
  }
}

/** kube-proxy knows all pods of a node as such. */
export function kubeProxy(context: Context): Step {
  const findings = checkProxy(context)
  const [finding] = findings
  const verdict = (): Verdict => {
    if (finding === undefined) return done('kube-proxy tells pods by something that goes on to be so.')
    return finding.code === 'ProxyUnseen' ? unknown(finding.message) : left(finding.message)
  }
  const proxies = context.running.filter(({ container }) => runs(container, 'kube-proxy'))
  const byConfigMap = finding?.object.kind === 'ConfigMap'
  return {
    name: 'kube-proxy',
    title: 'Let kube-proxy tell pods by their node’s podCIDR',
    why: 'What it does not take for a pod’s it masquerades on the way to Services: the other side sees a node, and NetworkPolicies too.',
    needs: [],
    how: byConfigMap
      ? [
          'kubectl -n kube-system edit configmap kube-proxy',
          '# in config.conf: detectLocalMode: NodeCIDR',
          'kubectl -n kube-system rollout restart daemonset kube-proxy',
        ]
      : proxies.flatMap((one) =>
          giveFlag(one, { flag: 'detect-local-mode', value: 'NodeCIDR' }, context.platform),
        ),
    verdict: verdict(),
    back: 'Set detectLocalMode to what it was, and restart kube-proxy.',
  }
}

/** One thing masquerades on each node. */
export function masquerade({ facts, running }: Context): Step {
  const others = masqueraders(running)
  const [agent] = running.filter(({ name, object }) => object.kind === 'DaemonSet' && name === 'podway-agent')
  const agentLeavesIt = agent !== undefined && flagOf(agent.container, 'masquerade') === 'none'
  const verdict = (): Verdict => {
    if (agentLeavesIt) return done('podway’s agent leaves masquerading to others.')
    if (others.length > 0) return left(`${others.map(({ name }) => name).join(', ')} masquerades too.`)
    if ('unread' in facts.daemonSets)
      return unknown(`Whether something else masquerades is not known: ${facts.daemonSets.unread.message}.`)
    return done('Nothing but podway’s agent is seen to masquerade.')
  }
  return {
    name: 'masquerade',
    title: 'Leave masquerading to one of the two',
    why: 'What ip-masq-agent leaves alone, podway’s agent would masquerade, and the other way round.',
    needs: [],
    how: [
      '# Its nonMasqueradeCIDRs, as far as other networks answer pods there, belong to the agent’s --non-masquerade-cidrs.',
      ...others.map(
        ({ name, namespace, object }) =>
          `kubectl -n ${namespace ?? 'default'} delete ${object.kind.toLowerCase()} ${name}`,
      ),
      '# Its chain IP-MASQ-AGENT stays on each node until the node restarts: iptables -t nat -F IP-MASQ-AGENT',
    ],
    verdict: verdict(),
    back: 'Install ip-masq-agent again, and give podway’s agent --masquerade none.',
  }
}
