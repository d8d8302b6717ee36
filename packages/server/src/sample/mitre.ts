/** A tactic or technique of ATT&CK as detections name it. */
export interface SampleMitreEntry {
  readonly id: string
  readonly name: string
  readonly url: string
}

const names = {
  TA0001: 'Initial Access',
  TA0006: 'Credential Access',
  TA0007: 'Discovery',
  TA0008: 'Lateral Movement',
  TA0009: 'Collection',
  TA0010: 'Exfiltration',
  TA0011: 'Command and Control',
  TA0040: 'Impact',
  TA0043: 'Reconnaissance',
  T1021: 'Remote Services',
  'T1021.001': 'Remote Desktop Protocol',
  'T1021.002': 'SMB/Windows Admin Shares',
  'T1021.006': 'Windows Remote Management',
  T1039: 'Data from Network Shared Drive',
  T1046: 'Network Service Discovery',
  T1110: 'Brute Force',
  'T1071.001': 'Web Protocols',
  'T1071.004': 'DNS',
  'T1087.002': 'Domain Account',
  T1190: 'Exploit Public-Facing Application',
  T1486: 'Data Encrypted for Impact',
  T1496: 'Resource Hijacking',
  T1498: 'Network Denial of Service',
  'T1557.001': 'LLMNR/NBT-NS Poisoning and SMB Relay',
  'T1558.003': 'Kerberoasting',
  'T1567.002': 'Exfiltration to Cloud Storage',
  T1572: 'Protocol Tunneling',
  'T1595.001': 'Scanning IP Blocks',
} as const

/** An id that the sample detections use. */
export type SampleMitreId = keyof typeof names

/** The tactic or technique of this id, with its page at https://attack.mitre.org. */
export function mitreEntry(id: SampleMitreId): SampleMitreEntry {
  const kind = id.startsWith('TA') ? 'tactics' : 'techniques'
  return { id, name: names[id], url: `https://attack.mitre.org/${kind}/${id.replace('.', '/')}` }
}
