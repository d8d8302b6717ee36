import type { TicketChange, TicketState, TrackedField } from './site.ts'

type Values = Readonly<Record<string, string | number | boolean | null>>

/** One saving of a record, as simulators tell it. */
export interface RecordSave {
  readonly at: Date
  readonly user: { readonly username: string }
  /** `null`: it was made. */
  readonly before: Values | null
  readonly after: Values
}

/** The histories of a site's tickets, from what its simulator tells of each saving. */
export class SavedHistory {
  readonly #saves = new Map<string, RecordSave[]>()
  readonly #idField: string
  readonly #ownUsername: string
  readonly #fields: Readonly<Record<string, TrackedField | undefined>>

  /** @param fields those of a record that are told of, and what each is a part of */
  constructor(
    idField: string,
    ownUsername: string,
    fields: Readonly<Record<string, TrackedField | undefined>>,
  ) {
    this.#idField = idField
    this.#ownUsername = ownUsername
    this.#fields = fields
  }

  /** For the simulator to tell of each saving. */
  readonly record = (save: RecordSave): void => {
    const id = String(save.after[this.#idField])
    const saves = this.#saves.get(id) ?? []
    this.#saves.set(id, saves)
    saves.push(save)
  }

  /** A ticket's changes since it was made, oldest first. */
  changesOf(id: string, stateOf: (record: Values) => TicketState): readonly TicketChange[] {
    return (this.#saves.get(id) ?? []).flatMap(({ after, at, before, user }) => {
      if (before === null) return []
      const items = Object.keys(this.#fields).flatMap((field) => {
        const [from, to] = [text(before[field]), text(after[field])]
        return from === to ? [] : [{ field, from, to, of: this.#fields[field] }]
      })
      return {
        at: at.getTime(),
        author: user.username,
        ours: user.username === this.#ownUsername,
        before: stateOf(before),
        after: stateOf(after),
        items,
      }
    })
  }
}

function text(value: Values[string] | undefined): string | null {
  return value === null || value === undefined || value === '' ? null : String(value)
}
