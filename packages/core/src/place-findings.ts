import { type ConnectionFinding, type ConnectionNeeds, errorFinding, okFinding } from './ticketing-adapter.ts'

/** What a place in which tickets are created offers to mappings. */
export interface PlaceOffer {
  /** Fields, by the system's own names. */
  readonly fields: readonly string[]
  /** Resolutions by id; empty where the system has none. */
  readonly resolutions: readonly string[]
  /** Accounts that its tickets can be assigned to, by id. */
  readonly accounts: readonly string[]
}

/**
 * What there is to say of the place in which tickets are created, for systems that list what it offers: whether it is there,
 * and everything that mappings need and it does not offer.
 *
 * @param kind what people call such places: queue, project
 * @param offer `null`: there is no such place, or we may not see it
 */
export function placeFindings(
  kind: string,
  name: string,
  offer: PlaceOffer | null,
  { accounts, createFields, outcomes }: ConnectionNeeds,
): readonly ConnectionFinding[] {
  const subject = `${kind}:${name}`
  const place = `the ${kind} ${name}`
  if (offer === null) {
    const remedy = `Correct the ${kind} in the settings, or give the account access to it.`
    return [errorFinding(subject, `There is no ${kind} ${name}, or the account may not see it.`, remedy)]
  }
  const fields = new Set([...createFields, ...outcomes.flatMap((outcome) => outcome.fields)])
  const resolutions = new Set(outcomes.flatMap(({ resolutionId }) => resolutionId ?? []))
  const strangers = accounts.filter(({ accountId }) => !offer.accounts.includes(accountId))
  return [
    okFinding(subject, `The ${kind} ${name} is there.`),
    ...lacking(fields, offer.fields).map((field) =>
      errorFinding(
        `field:${field}`,
        `There is no field ${field} in ${place}.`,
        useOne('field', offer.fields),
      ),
    ),
    ...lacking(resolutions, offer.resolutions).map((id) =>
      errorFinding(
        `resolution:${id}`,
        `There is no resolution ${id} in ${place}.`,
        useOne('resolution', offer.resolutions),
      ),
    ),
    ...strangers.map(({ accountId, username }) =>
      errorFinding(
        `account:${accountId}`,
        `${username} is mapped to ${accountId}, whom no ticket in ${place} can be assigned to.`,
        `Map ${username} to another account, or let this one have tickets there.`,
      ),
    ),
  ]
}

function lacking(wanted: ReadonlySet<string>, offered: readonly string[]): readonly string[] {
  return [...wanted].filter((name) => !offered.includes(name))
}

function useOne(kind: string, offered: readonly string[]): string {
  return offered.length === 0 ? `Map no ${kind}.` : `Map one of: ${offered.join(', ')}.`
}
