import { expect, test } from '@jest/globals';
import { cafeOf, cafes } from './cafes.ts';

test('there are 80 cafes, each with an id, a name and a street of its own', () => {
  expect(cafes).toHaveLength(80);
  for (const property of ['id', 'name', 'street'] as const) {
    const values = cafes.map((cafe) => cafe[property]);
    expect(new Set(values).size).toBe(80);
    expect(values).not.toContain('');
  }
});

test('cafeOf finds a cafe by its id', () => {
  for (const cafe of cafes) expect(cafeOf(cafe.id)).toBe(cafe);
  expect(cafeOf('cafe-081')).toBeUndefined();
});
