import fc from 'fast-check'

/** Text of any UTF-16 units, often ASCII: control characters, lone surrogates and direction overrides among them. */
export const anyText = (maxLength = 20): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
        { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0xffff }) },
        { weight: 1, arbitrary: fc.constantFrom(0x200b, 0x202e, 0x2028, 0xd83d, 0xde00, 0xdb40, 0xdc41) },
      ),
      { maxLength },
    )
    .map((units) => String.fromCharCode(...units))
