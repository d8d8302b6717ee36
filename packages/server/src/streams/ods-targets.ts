import { InvalidInput, NotFound, type JsonObject, type JsonValue, type StreamKind } from '@tripline/core'
import { z } from 'zod'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import { createStreamTarget, deleteStreamTarget, type StreamTargetDeps } from './stream-targets.ts'
import { findStreamTargetByName, listStreamTargets, type StreamTarget } from './stream-target.ts'

/**
 * A target as ExtraHop's clients write it: its name beside its settings, which have the names of ExtraHop's. What the
 * settings of a kind may be is known by its plugin.
 */
export const odsTargetBodySchema = z.looseObject({ name: z.string().min(1) })

/** A target as it is answered: without its secrets. `type` is its kind. */
export const odsTargetSchema = z.looseObject({ name: z.string(), type: z.string() }).meta({ id: 'OdsTarget' })

/** A target as it is answered. */
export type OdsTarget = JsonObject & { readonly name: string; readonly type: string }

/** Targets of all kinds, or of one, by kind and name. */
export async function listOdsTargets(
  { database }: Pick<StreamTargetDeps, 'database'>,
  kind: StreamKind | null,
): Promise<readonly OdsTarget[]> {
  return (await listStreamTargets(database, kind)).map(toOdsTarget)
}

/** @throws NotFound */
export async function getOdsTarget(
  deps: Pick<StreamTargetDeps, 'database'>,
  kind: StreamKind,
  name: string,
): Promise<OdsTarget> {
  return toOdsTarget(await getByName(deps, kind, name))
}

/** Makes a target; its path below the targets of its kind is its name. @throws InvalidSettings, InvalidInput */
export async function createOdsTarget(
  deps: StreamTargetDeps,
  kind: StreamKind,
  body: z.output<typeof odsTargetBodySchema>,
  origin: ChangeOrigin,
): Promise<StreamTarget> {
  const { name, type: _type, ...given } = body
  const settings = Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([member, value]) => [member, plainValue(member, value as JsonValue)]),
  )
  return await createStreamTarget(deps, { kind, name, settings }, origin)
}

/** Deletes a target with what waits for it. @throws NotFound */
export async function deleteOdsTarget(
  deps: Pick<StreamTargetDeps, 'database'>,
  kind: StreamKind,
  name: string,
  origin: ChangeOrigin,
): Promise<void> {
  await deleteStreamTarget(deps, (await getByName(deps, kind, name)).targetId, origin)
}

async function getByName(
  { database }: Pick<StreamTargetDeps, 'database'>,
  kind: StreamKind,
  name: string,
): Promise<StreamTarget> {
  const target = await findStreamTargetByName(database, kind, name)
  if (target === null) throw new NotFound(`${kind} target`, name)
  return target
}

function toOdsTarget({ kind, name, settings }: StreamTarget): OdsTarget {
  return { ...settings, name, type: kind }
}

/** Some clients say whether there is compression, not which. */
function plainValue(member: string, value: JsonValue): JsonValue {
  if (member === 'compression' && typeof value === 'boolean') return value ? 'gzip' : 'none'
  if (member === 'additional_header' && typeof value !== 'string') {
    throw new InvalidInput('The additional header has to be a text.', [
      { path: member, message: 'must be a text' },
    ])
  }
  return value
}
