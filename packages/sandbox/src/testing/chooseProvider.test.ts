import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { images } from '../containers/engine.ts';
import { root } from '../paths.ts';
import { chooseProvider } from './chooseProvider.ts';

const there = async () => undefined;
const missing = async () => 'no Docker engine answers';

test('takes containers where they are to be had, else child processes, and says why', async () => {
  expect(await chooseProvider({}, there)).toEqual({ provider: 'docker', why: 'an engine has the images' });
  expect(await chooseProvider({}, missing)).toEqual({
    provider: 'embedded',
    why: 'no Docker engine answers',
  });
});

test('does as it is told', async () => {
  expect((await chooseProvider({ BREW_TEST_INFRA: 'embedded' }, there)).provider).toBe('embedded');
  expect((await chooseProvider({ BREW_TEST_INFRA: 'docker' }, there)).provider).toBe('docker');
});

test('takes nothing else than it was told', async () => {
  await expect(chooseProvider({ BREW_TEST_INFRA: 'docker' }, missing)).rejects.toThrow(
    'BREW_TEST_INFRA is docker, but no Docker engine answers.',
  );
  await expect(chooseProvider({ BREW_TEST_INFRA: 'podman' }, there)).rejects.toThrow(
    'BREW_TEST_INFRA is podman. Set it to docker or embedded, or not at all.',
  );
});

test('tests run on the images that docker-compose.yml names', async () => {
  const example = await readFile(join(root, '.env.example'), 'utf8');
  for (const [name, image] of Object.entries(images)) {
    expect(example).toContain(`${name.toUpperCase()}_IMAGE=${image}\n`);
  }
});
