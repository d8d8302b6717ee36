import type { Attacks } from './attacks.ts'
import { listOf, numberOf, textsOf, type Fields } from './reading.ts'
import { categoriesByTactic, tacticIds } from './tactics.ts'

/** Techniques that have a category of their own. */
const byTechnique: ReadonlyMap<string, string> = new Map([
  ['T1486', 'sec.ransomware'],
  ['T1496', 'sec.cryptomining'],
  ['T1498', 'sec.dos'],
  ['T1499', 'sec.dos'],
])

/** The phases of the kill chain, by `phase_id`; weaponization happens out of sight. */
const byPhase: ReadonlyMap<number, string> = new Map([
  [1, 'sec.recon'],
  [3, 'sec.exploit'],
  [4, 'sec.exploit'],
  [5, 'sec.exploit'],
  [6, 'sec.command'],
  [7, 'sec.action'],
])

/** Words of the types taxonomy of AWS that are not the names of tactics. */
const byTypeWord: ReadonlyMap<string, string> = new Map([
  ['data exfiltration', 'sec.exfil'],
  ['denial of service', 'sec.dos'],
  ['software and configuration checks', 'sec.hardening'],
])

/**
 * The categories of a finding: always `sec`; then what its tactics, techniques, kill chain and the parts of its types
 * (`TTPs/Defense Evasion/...`) belong to; and `sec.attack` when any of those is a step of an attack.
 */
export function categoriesOf(finding: Fields, attacks: Attacks): readonly string[] {
  const categories = new Set<string>()
  const add = (category: string | null | undefined): void => {
    if (category !== null && category !== undefined) categories.add(category)
  }
  for (const { value } of attacks.tactics) add(categoriesByTactic.get(value.id))
  for (const { value } of attacks.techniques) add(byTechnique.get(value.id.slice(0, 5)))
  for (const phase of listOf(finding['kill_chain'])) add(byPhase.get(numberOf(phase['phase_id']) ?? -1))
  for (const word of textsOf(finding['types']).flatMap((type) => type.toLowerCase().split('/'))) {
    add(byTypeWord.get(word.trim()))
    add(categoriesByTactic.get(tacticIds.get(word.trim()) ?? ''))
  }
  const isAttack = [...categories].some((category) => category !== 'sec.hardening')
  return ['sec', ...(isAttack ? ['sec.attack'] : []), ...categories]
}
