import type { SampleKind } from './sample-kind.ts'
import { domainController, outsideAddress, outsideName, server, workstation } from './sample-network.ts'

/** Looking around, abuse of machines, and weaknesses that invite an attack. */
export const exposureKinds: readonly SampleKind[] = [
  {
    type: 'internal_port_scan',
    categories: ['sec', 'sec.attack', 'sec.recon'],
    mitre: ['TA0007', 'T1046'],
    maxMinutes: 40,
    create: (random) => {
      const source = workstation(random)
      const ports = random.integer(100, 4_000)
      return {
        title: 'Internal Port Scan',
        description: `${source.hostname} tried ${ports} ports of machines that it does not otherwise talk to.`,
        riskScore: random.integer(35, 62),
        participants: [
          { role: 'offender', endpoint: 'client', host: source },
          { role: 'victim', endpoint: 'server', host: server(random) },
        ],
        properties: { ports_tried: ports, hosts_tried: random.integer(1, 250) },
      }
    },
  },
  {
    type: 'inbound_scan',
    categories: ['sec', 'sec.attack', 'sec.recon'],
    mitre: ['TA0043', 'T1595.001'],
    maxMinutes: 1_440,
    create: (random) => {
      const source = outsideAddress(random)
      return {
        title: 'Inbound Scan',
        description: `${source} looks for open services on public addresses of this network.`,
        riskScore: random.integer(10, 30),
        participants: [
          { role: 'offender', endpoint: 'client', host: source },
          { role: 'victim', endpoint: 'server', host: server(random) },
        ],
      }
    },
  },
  {
    type: 'ldap_enumeration',
    categories: ['sec', 'sec.attack', 'sec.recon'],
    mitre: ['TA0007', 'T1087.002'],
    maxMinutes: 15,
    create: (random) => {
      const source = workstation(random)
      return {
        title: 'Active Directory Enumeration',
        description: `${source.hostname} read every user and group of the directory in one go, as tools that map attack paths do.`,
        riskScore: random.integer(50, 72),
        participants: [
          { role: 'offender', endpoint: 'client', host: source },
          { role: 'victim', endpoint: 'server', host: domainController(random) },
        ],
        properties: { filter: '(objectClass=*)', entries: random.integer(2_000, 30_000) },
      }
    },
  },
  {
    type: 'log4shell_exploit_attempt',
    categories: ['sec', 'sec.attack', 'sec.exploit'],
    mitre: ['TA0001', 'T1190'],
    maxMinutes: 5,
    create: (random) => {
      const source = outsideAddress(random)
      return {
        title: 'Log4Shell Exploit Attempt',
        description: `${source} sent a header with a JNDI look-up to a web server. Whether the look-up was made has to be checked.`,
        riskScore: random.integer(60, 90),
        participants: [
          { role: 'offender', endpoint: 'client', host: source },
          { role: 'victim', endpoint: 'server', host: server(random) },
        ],
        properties: { header: 'User-Agent', cve: 'CVE-2021-44228' },
      }
    },
  },
  {
    type: 'cryptomining',
    categories: ['sec', 'sec.attack', 'sec.cryptomining'],
    mitre: ['TA0040', 'T1496'],
    maxMinutes: 4_000,
    create: (random) => {
      const client = server(random)
      return {
        title: 'Cryptocurrency Mining',
        description: `${client.hostname} speaks the Stratum protocol with \`${outsideName(random)}\`, a mining pool.`,
        riskScore: random.integer(45, 66),
        participants: [
          { role: 'offender', endpoint: 'client', host: client },
          { role: 'victim', endpoint: 'server', host: outsideAddress(random) },
        ],
        properties: { protocol: 'stratum', currency: 'monero' },
      }
    },
  },
  {
    type: 'dns_amplification',
    categories: ['sec', 'sec.attack', 'sec.dos'],
    mitre: ['TA0040', 'T1498'],
    maxMinutes: 60,
    create: (random) => {
      const target = outsideAddress(random)
      return {
        title: 'DNS Amplification',
        description: `A name server of this network answers a flood of \`ANY\` queries in the name of ${target}.`,
        riskScore: random.integer(40, 60),
        participants: [
          { role: 'offender', endpoint: 'server', host: server(random) },
          { role: 'victim', endpoint: 'client', host: target },
        ],
        properties: { amplification: random.integer(20, 60) },
      }
    },
  },
  {
    type: 'expiring_cert_individual',
    categories: ['sec', 'sec.hardening'],
    mitre: [],
    maxMinutes: 1_440,
    create: (random) => {
      const host = server(random)
      const days = random.integer(1, 29)
      return {
        title: 'Expiring Certificate',
        description: `The certificate of ${host.hostname} expires in ${days} days. Clients will then refuse to connect, or learn to ignore warnings.`,
        riskScore: random.integer(5, 25),
        participants: [{ role: 'offender', endpoint: 'server', host }],
        properties: { certificate: `CN=${host.hostname}`, days_left: days },
      }
    },
  },
  {
    type: 'weak_cipher_individual',
    categories: ['sec', 'sec.hardening'],
    mitre: [],
    maxMinutes: 1_440,
    create: (random) => {
      const host = server(random)
      const cipher = random.pick(['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'TLS_RSA_WITH_RC4_128_SHA'])
      return {
        title: 'Weak Cipher Suite',
        description: `${host.hostname} agreed to \`${cipher}\`, which can be broken.`,
        riskScore: random.integer(8, 30),
        participants: [{ role: 'offender', endpoint: 'server', host }],
        properties: { cipher_suite: cipher, sessions: random.integer(1, 500) },
      }
    },
  },
]
