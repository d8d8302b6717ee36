import { listOf, fieldsOf, textOf, type Fields } from './reading.ts'
import { tacticIds } from './tactics.ts'

/** A tactic or technique, and the path in the record where it stands. */
export interface Sourced<Value> {
  readonly value: Value
  readonly path: string
}

/** A tactic or technique as core takes it. */
interface AttackEntry {
  readonly id: string
  readonly name: string | null
  readonly url: string | null
}

/** The tactics and techniques of a finding, each id once. */
export interface Attacks {
  readonly tactics: readonly Sourced<AttackEntry>[]
  readonly techniques: readonly Sourced<AttackEntry>[]
}

/**
 * Reads the `attacks` of `finding_info` and those at the top level: `tactic` of 1.1, `tactics`, `technique` and
 * `sub_technique`. A tactic without an id gets the one that its name has in ATT&CK; what has no id is passed over.
 */
export function attacksOf(record: Fields, finding: Fields): Attacks {
  const tactics = new Map<string, Sourced<AttackEntry>>()
  const techniques = new Map<string, Sourced<AttackEntry>>()
  const places = [
    { attacks: listOf(finding['attacks']), base: 'finding_info.attacks' },
    { attacks: listOf(record['attacks']), base: 'attacks' },
  ]
  for (const { attacks, base } of places) {
    for (const [index, attack] of attacks.entries()) {
      const at = `${base}.${index}`
      add(tactics, attack['tactic'], `${at}.tactic`)
      for (const [i, tactic] of listOf(attack['tactics']).entries())
        add(tactics, tactic, `${at}.tactics.${i}`)
      add(techniques, attack['technique'], `${at}.technique`)
      add(techniques, attack['sub_technique'], `${at}.sub_technique`)
    }
  }
  return { tactics: [...tactics.values()], techniques: [...techniques.values()] }
}

function add(entries: Map<string, Sourced<AttackEntry>>, value: unknown, path: string): void {
  const fields = fieldsOf(value)
  const name = textOf(fields['name'])
  const id = textOf(fields['uid']) ?? (name === null ? null : (tacticIds.get(name.toLowerCase()) ?? null))
  if (id === null || entries.has(id)) return
  entries.set(id, { value: { id, name, url: textOf(fields['src_url']) ?? attackUrl(id) }, path })
}

/** The page of a tactic or technique of ATT&CK or ATLAS. */
function attackUrl(id: string): string | null {
  const kind = /^(AML\.)?TA\d/.test(id) ? 'tactics' : 'techniques'
  if (/^AML\.TA?\d{4}(\.\d{3})?$/.test(id)) return `https://atlas.mitre.org/${kind}/${id}`
  if (!/^TA?\d{4}(\.\d{3})?$/.test(id)) return null
  return `https://attack.mitre.org/${kind}/${id.replace('.', '/')}`
}
