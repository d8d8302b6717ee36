/** A tactic of ATT&CK with the category of detections that it belongs to; `null`: none in particular. */
interface Tactic {
  readonly id: string
  readonly name: string
  readonly category: string | null
}

/** The tactics of the enterprise matrix: https://attack.mitre.org/tactics/enterprise/ */
const tactics: readonly Tactic[] = [
  { id: 'TA0043', name: 'reconnaissance', category: 'sec.recon' },
  { id: 'TA0042', name: 'resource development', category: null },
  { id: 'TA0001', name: 'initial access', category: 'sec.exploit' },
  { id: 'TA0002', name: 'execution', category: 'sec.exploit' },
  { id: 'TA0003', name: 'persistence', category: 'sec.exploit' },
  { id: 'TA0004', name: 'privilege escalation', category: 'sec.exploit' },
  { id: 'TA0005', name: 'defense evasion', category: 'sec.exploit' },
  { id: 'TA0006', name: 'credential access', category: 'sec.exploit' },
  { id: 'TA0007', name: 'discovery', category: 'sec.recon' },
  { id: 'TA0008', name: 'lateral movement', category: 'sec.lateral' },
  { id: 'TA0009', name: 'collection', category: 'sec.action' },
  { id: 'TA0010', name: 'exfiltration', category: 'sec.exfil' },
  { id: 'TA0011', name: 'command and control', category: 'sec.command' },
  { id: 'TA0040', name: 'impact', category: 'sec.action' },
]

/** The ids of the tactics by their names in lower case. */
export const tacticIds: ReadonlyMap<string, string> = new Map(tactics.map(({ id, name }) => [name, id]))

/** The categories of the tactics by their ids. */
export const categoriesByTactic: ReadonlyMap<string, string | null> = new Map(
  tactics.map(({ id, category }) => [id, category]),
)
