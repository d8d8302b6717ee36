import { DatabaseError } from 'pg'
import { describe, expect, test } from 'vitest'
import { answerInGroups } from '../../src/database/groups.ts'

function doubling(groups: number[][], options: { most?: number; keyOf?: (request: number) => string } = {}) {
  return answerInGroups<number, number>({
    most: 10,
    ...options,
    answerAll: async (requests) => {
      groups.push([...requests])
      await new Promise(setImmediate)
      return requests.map((request) =>
        request < 0
          ? { status: 'rejected', reason: new RangeError(`${request}`) }
          : { status: 'fulfilled', value: request * 2 },
      )
    },
  })
}

describe('requests that are answered in groups', () => {
  test('go together when they are made in the same turn, and each gets its own answer', async () => {
    const groups: number[][] = []
    const ask = doubling(groups)
    expect(await Promise.all([1, 2, 3].map(ask))).toEqual([2, 4, 6])
    expect(groups).toEqual([[1, 2, 3]])
  })

  test('that come while a group is under way make up the next one, in their order', async () => {
    const groups: number[][] = []
    const ask = doubling(groups)
    const first = ask(1)
    await new Promise((resolve) => process.nextTick(resolve))
    expect(await Promise.all([first, ask(2), ask(3)])).toEqual([2, 4, 6])
    expect(groups).toEqual([[1], [2, 3]])
  })

  test('are no more in a group than the bound', async () => {
    const groups: number[][] = []
    const ask = doubling(groups, { most: 2 })
    await Promise.all([1, 2, 3, 4, 5].map(ask))
    expect(groups).toEqual([[1, 2], [3, 4], [5]])
  })

  test('with the same key are in different groups, in their order', async () => {
    const groups: number[][] = []
    const ask = doubling(groups, { keyOf: (request) => String(request % 2) })
    await Promise.all([1, 3, 2, 5].map(ask))
    expect(groups).toEqual([[1, 2], [3], [5]])
  })

  test('fail each by itself', async () => {
    const ask = doubling([])
    const answers = await Promise.allSettled([1, -2, 3].map(ask))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  test('are tried one by one when the database refuses them together', async () => {
    const groups: number[][] = []
    const ask = answerInGroups<number, number>({
      most: 10,
      answerAll: (requests) => {
        groups.push([...requests])
        if (requests.includes(2)) throw refusal('22P05')
        return Promise.resolve(requests.map((value) => ({ status: 'fulfilled', value })))
      },
    })
    const answers = await Promise.allSettled([1, 2, 3].map(ask))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(groups).toEqual([[1, 2, 3], [1], [2], [3]])
  })

  test.each([
    ['a lost connection', new Error('Connection terminated unexpectedly')],
    ['a database that shuts down', refusal('57P01')],
  ])('all fail with %s, because it is not known what was done', async (_, error) => {
    let calls = 0
    const ask = answerInGroups<number, number>({
      most: 10,
      answerAll: () => {
        calls += 1
        return Promise.reject(error)
      },
    })
    const answers = await Promise.allSettled([1, 2].map(ask))
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(calls).toBe(1)
  })
})

function refusal(code: string): DatabaseError {
  return Object.assign(new DatabaseError('refused', 7, 'error'), { code })
}
