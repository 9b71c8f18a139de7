import { eventTypes } from '@brew/events';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ServiceConfig } from '../config/readConfig.ts';
import { handleTogether } from '../unitOfWork/handle.ts';
import { createTestBench, type TestBench } from './createTestBench.ts';
import { exampleOf } from './exampleOf.ts';

const KEY = '0197c0de-0000-7000-8000-000000000001';

let bench: TestBench<ServiceConfig>;
beforeAll(async () => {
  bench = await createTestBench({ name: 'examples', events: eventTypes, infrastructure: infrastructure() });
});
afterAll(() => bench?.stop());

test.each(eventTypes.map((type) => [type.name, type] as const))(
  'an example of %s is one that its schema takes',
  async (_name, type) => {
    const keys: string[] = [];
    const note = handleTogether([type], async (deliveries) => {
      keys.push(...deliveries.map(({ event }) => type.keyOf(event.data)));
    });
    await bench.deliver([note], type, exampleOf(type, KEY));
    expect(keys).toEqual([KEY]);
  },
);
