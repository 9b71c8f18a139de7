import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  childOf,
  childTraceparent,
  formatTraceparent,
  isTraceparent,
  newTrace,
  parseTraceparent,
  type TraceContext,
} from './traceContext.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

const hex = (length: number) =>
  fc
    .string({ minLength: length, maxLength: length, unit: fc.constantFrom(...'0123456789abcdef') })
    .filter((digits) => !/^0+$/.test(digits));
const anyContext: fc.Arbitrary<TraceContext> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  sampled: fc.boolean(),
});

describe('parseTraceparent', () => {
  test('gives back every context that formatTraceparent wrote', () => {
    fc.assert(
      fc.property(anyContext, (any) => {
        expect(parseTraceparent(formatTraceparent(any))).toEqual(any);
      }),
    );
  });

  test("reads the specification's example", () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      sampled: true,
    });
  });

  test('reads only the sampled bit of the flags', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-fe`)).toMatchObject({ sampled: false });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-03`)).toMatchObject({ sampled: true });
  });

  test('reads what it knows of a later version', () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01-more`)).toMatchObject({ traceId: TRACE, spanId: SPAN });
  });

  test.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['the forbidden version ff', `ff-${TRACE}-${SPAN}-01`],
    ['more than version 00 has', `00-${TRACE}-${SPAN}-01-more`],
    ['a later version without the dash', `01-${TRACE}-${SPAN}-01more`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper-case digits', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a line break at the end', `00-${TRACE}-${SPAN}-01\n`],
  ])('takes %s for no trace at all', (_, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
    expect(isTraceparent(header)).toBe(false);
  });

  test('never throws, and takes what isTraceparent says', () => {
    const zeros = (length: number) => fc.oneof(hex(length), fc.constant('0'.repeat(length)));
    const nearly = fc
      .tuple(
        fc.constantFrom('00', '01', 'ff', 'fe'),
        zeros(32),
        zeros(16),
        fc.constantFrom('01', '01-', '01-x', '01\n', '1'),
      )
      .map((parts) => parts.join('-'));
    const any = fc.string({ unit: fc.constantFrom(...'0123456789abcdef-') });
    fc.assert(
      fc.property(fc.oneof(nearly, any), (header) => {
        expect(isTraceparent(header)).toBe(parseTraceparent(header) !== undefined);
      }),
    );
  });
});

describe('newTrace', () => {
  test('begins a valid, sampled trace, another one each time', () => {
    const traces = Array.from({ length: 100 }, newTrace);
    for (const trace of traces) {
      expect(trace.sampled).toBe(true);
      expect(parseTraceparent(formatTraceparent(trace))).toEqual(trace);
    }
    expect(new Set(traces.map(({ traceId }) => traceId)).size).toBe(100);
  });
});

describe('childOf', () => {
  test('stays in the trace, with a span of its own', () => {
    fc.assert(
      fc.property(anyContext, (parent) => {
        const child = childOf(parent);
        expect(child).toMatchObject({ traceId: parent.traceId, sampled: parent.sampled });
        expect(child.spanId).not.toBe(parent.spanId);
      }),
    );
  });
});

describe('childTraceparent', () => {
  test('goes on with the trace of the header', () => {
    const child = childTraceparent(`00-${TRACE}-${SPAN}-00`);
    expect(child).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    expect(child).not.toContain(SPAN);
  });

  test.each([undefined, 'nonsense'])('begins a trace when the header is %s', (header) => {
    expect(parseTraceparent(childTraceparent(header))).toMatchObject({ sampled: true });
  });
});
