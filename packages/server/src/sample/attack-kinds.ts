import type { SampleKind } from './sample-kind.ts'
import {
  accountingLaptop,
  corporateShare,
  domainController,
  outsideAddress,
  outsideName,
  server,
  username,
  workstation,
} from './sample-network.ts'

/** The kind that every run begins with. */
export const suspiciousFileShareAccess: SampleKind = {
  type: 'suspicious_cifs_client_file_share_access',
  categories: ['sec', 'sec.attack', 'sec.lateral'],
  mitre: ['TA0008', 'TA0009', 'T1021.002', 'T1039'],
  maxMinutes: 60,
  create: (random) => ({
    title: 'Suspicious CIFS Client File Share Access',
    description: `**${accountingLaptop.hostname}** read files of shares on **${corporateShare.hostname}** that it had never read before. An attacker who has taken over a machine looks through the shares that it can reach.`,
    riskScore: 83,
    participants: [
      { role: 'offender', endpoint: 'client', host: accountingLaptop, username: 'amara' },
      { role: 'victim', endpoint: 'server', host: corporateShare },
    ],
    properties: {
      shares: ['\\\\corpshare\\payroll', '\\\\corpshare\\board'],
      files_read: random.integer(120, 900),
    },
  }),
}

/** Further attacks inside the network: what moves, looks around and steals. */
export const attackKinds: readonly SampleKind[] = [
  {
    type: 'dns_tunnel',
    categories: ['sec', 'sec.attack', 'sec.command'],
    mitre: ['TA0011', 'T1071.004', 'T1572'],
    maxMinutes: 600,
    create: (random) => {
      const client = workstation(random)
      const domain = outsideName(random)
      const queries = random.integer(2_000, 40_000)
      return {
        title: 'DNS Tunnel',
        description: `${client.hostname} sent ${queries} DNS queries for long, random-looking names under \`${domain}\`. Such names carry data out of the network, or commands into it.`,
        riskScore: random.integer(70, 90),
        participants: [
          { role: 'offender', endpoint: 'client', host: client },
          { role: 'victim', endpoint: 'server', host: domainController(random) },
        ],
        properties: { domain, queries, record_types: ['TXT', 'NULL'] },
      }
    },
  },
  {
    type: 'rdp_brute_force',
    categories: ['sec', 'sec.attack', 'sec.exploit'],
    mitre: ['TA0006', 'T1110', 'T1021.001'],
    maxMinutes: 180,
    create: (random) => {
      const source = outsideAddress(random)
      const target = server(random)
      const attempts = random.integer(400, 9_000)
      return {
        title: 'RDP Brute Force',
        description: `${source} tried to sign in to ${target.hostname} over RDP ${attempts} times within minutes.`,
        riskScore: random.integer(60, 85),
        participants: [
          { role: 'offender', endpoint: 'client', host: source },
          { role: 'victim', endpoint: 'server', host: target },
        ],
        properties: { attempts, usernames_tried: random.integer(3, 60) },
      }
    },
  },
  {
    type: 'ssh_brute_force',
    categories: ['sec', 'sec.attack', 'sec.lateral'],
    mitre: ['TA0006', 'T1110', 'T1021'],
    maxMinutes: 120,
    create: (random) => {
      const source = workstation(random)
      const target = server(random)
      return {
        title: 'SSH Brute Force',
        description: `${source.hostname} opened many short SSH sessions to ${target.hostname}, as tools do that guess passwords.`,
        riskScore: random.integer(50, 78),
        participants: [
          { role: 'offender', endpoint: 'client', host: source },
          { role: 'victim', endpoint: 'server', host: target },
        ],
        properties: { sessions: random.integer(200, 3_000), client_version: 'SSH-2.0-libssh2_1.11.0' },
      }
    },
  },
  {
    type: 'http_c2_beaconing',
    categories: ['sec', 'sec.attack', 'sec.command'],
    mitre: ['TA0011', 'T1071.001'],
    maxMinutes: 2_880,
    create: (random) => {
      const client = workstation(random)
      const host = outsideName(random)
      const seconds = random.pick([30, 60, 300])
      return {
        title: 'Command-and-Control Beaconing',
        description: `${client.hostname} calls \`${host}\` every ${seconds} seconds, day and night, with hardly any variation.\n\n- Look at which process makes the calls.\n- Isolate the machine when it cannot be explained.`,
        riskScore: random.integer(80, 95),
        participants: [
          { role: 'offender', endpoint: 'server', host: outsideAddress(random), hostname: host },
          { role: 'victim', endpoint: 'client', host: client },
        ],
        properties: {
          interval_seconds: seconds,
          jitter_percent: random.integer(0, 8),
          uri: '/jquery-3.3.1.min.js',
        },
      }
    },
  },
  {
    type: 'ransomware_activity',
    categories: ['sec', 'sec.attack', 'sec.action', 'sec.ransomware'],
    mitre: ['TA0040', 'T1486'],
    maxMinutes: 45,
    create: (random) => {
      const client = workstation(random)
      const target = server(random)
      const files = random.integer(300, 12_000)
      return {
        title: 'Ransomware Activity',
        description: `${client.hostname} wrote ${files} files on ${target.hostname} whose names all end in \`.locked\`, and read each of them just before.`,
        riskScore: random.integer(93, 99),
        participants: [
          { role: 'offender', endpoint: 'client', host: client, username: username(random) },
          { role: 'victim', endpoint: 'server', host: target },
        ],
        properties: { files_written: files, extension: '.locked', ransom_note: 'README_RESTORE.txt' },
      }
    },
  },
  {
    type: 's3_data_exfiltration',
    categories: ['sec', 'sec.attack', 'sec.exfil'],
    mitre: ['TA0010', 'T1567.002'],
    maxMinutes: 300,
    create: (random) => {
      const client = server(random)
      const gigabytes = random.integer(4, 220)
      return {
        title: 'Data Exfiltration to S3 Bucket',
        description: `${client.hostname} uploaded ${gigabytes} GB to a bucket that nothing in this network has used before.`,
        riskScore: random.integer(75, 92),
        participants: [
          { role: 'offender', endpoint: 'client', host: client },
          {
            role: 'victim',
            endpoint: 'server',
            host: outsideAddress(random),
            hostname: 'drop-box-7.s3.example.net',
          },
        ],
        properties: { bytes_out: gigabytes * 1_000_000_000, bucket: 'drop-box-7' },
      }
    },
  },
  {
    type: 'kerberoasting',
    categories: ['sec', 'sec.attack', 'sec.exploit'],
    mitre: ['TA0006', 'T1558.003'],
    maxMinutes: 20,
    create: (random) => {
      const client = workstation(random)
      const user = username(random)
      return {
        title: 'Kerberoasting',
        description: `The user \`${user}\` on ${client.hostname} asked for RC4 service tickets of many accounts. They can be cracked at leisure, elsewhere.`,
        riskScore: random.integer(70, 88),
        participants: [
          { role: 'offender', endpoint: 'client', host: client, username: user },
          { role: 'victim', endpoint: 'server', host: domainController(random) },
        ],
        properties: { service_accounts: random.integer(8, 70), encryption: 'rc4-hmac' },
      }
    },
  },
  {
    type: 'llmnr_poisoning',
    categories: ['sec', 'sec.attack', 'sec.exploit'],
    mitre: ['TA0006', 'T1557.001'],
    maxMinutes: 90,
    create: (random) => {
      const source = workstation(random)
      return {
        title: 'LLMNR Poisoning',
        description: `${source.hostname} answered name requests of other machines that were not meant for it. Whoever believes it sends it a password hash.`,
        riskScore: random.integer(55, 75),
        participants: [
          { role: 'offender', endpoint: 'sender', host: source },
          { role: 'victim', endpoint: 'receiver', host: workstation(random) },
        ],
        properties: { answered_names: ['wpad', 'filesrv'] },
      }
    },
  },
  {
    type: 'winrm_lateral_movement',
    categories: ['sec', 'sec.attack', 'sec.lateral'],
    mitre: ['TA0008', 'T1021.006'],
    maxMinutes: 30,
    create: (random) => {
      const source = workstation(random)
      const target = server(random)
      return {
        title: 'New WinRM Session',
        description: `${source.hostname} started a remote shell on ${target.hostname} for the first time.`,
        riskScore: random.integer(40, 70),
        participants: [
          { role: 'offender', endpoint: 'client', host: source, username: username(random) },
          { role: 'victim', endpoint: 'server', host: target },
        ],
      }
    },
  },
]
