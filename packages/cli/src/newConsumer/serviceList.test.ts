import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { consumers, services } from '@brew/provision';
import { expect, test } from '@jest/globals';
import { root } from '../paths.ts';
import { composeFile, renderCompose } from './renderCompose.ts';
import { listFile, readList, withConsumers } from './serviceList.ts';

const list = await readFile(join(root, listFile), 'utf8');
const loyalty = { name: 'loyalty', folder: 'services/loyalty', port: 3006, database: 'loyalty' };

test('the list is read from its file as it is', () => {
  const found = readList(list);
  expect([...found.services, ...found.consumers]).toEqual(services);
  expect(found.consumers).toEqual(consumers);
});

test('a consumer is one more line, also where lines are broken, and without it the list is what it was', () => {
  const one = withConsumers(list, [...consumers, loyalty]);
  expect(readList(one).consumers).toEqual([...consumers, loyalty]);
  expect(readList(one).services).toEqual(readList(list).services);
  expect(readList(one.replaceAll(', ', ',\n    ')).consumers).toEqual([...consumers, loyalty]);
  expect(readList(withConsumers(one, consumers))).toEqual(readList(list));
});

test('says what is missing when there is no list of consumers', () => {
  expect(() => readList('export const services = [];')).toThrow(`${listFile} has no list of consumers`);
});

test('what compose includes is what the list says', async () => {
  expect(await readFile(join(root, composeFile), 'utf8')).toBe(renderCompose(consumers));
});

test('a consumer is a container on its own database, with its port on the host through a gateway', () => {
  const alarm = { name: 'late-alarm', folder: 'services/late-alarm', port: 3007, database: 'late-alarm' };
  const rendered = renderCompose([loyalty, alarm]);
  expect(rendered).toContain(`  loyalty:
    extends: { file: ../docker-compose.yml, service: courier }
    working_dir: /brew/services/loyalty
    environment:
      PORT: 3006
      DATABASE_URL: postgresql://loyalty:loyalty@postgres:5432/loyalty
`);
  expect(rendered).toContain('ROUTES: 3006=loyalty:3006,3007=late-alarm:3007\n');
  expect(rendered).toContain('- "127.0.0.1:$' + '{LATE_ALARM_PORT:-3007}:3007"\n');
});
