import { describe, expect, test } from 'vitest'
import { findFormat, formats } from '../../src/formats/format.ts'

describe('findFormat', () => {
  test('finds every format by its name, and none by another', () => {
    expect(formats.map((format) => format.name)).toEqual(['tripline', 'extrahop', 'ocsf'])
    for (const format of formats) expect(findFormat(format.name)).toBe(format)
    expect(findFormat('cef')).toBeNull()
  })
})
