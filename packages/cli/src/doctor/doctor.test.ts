import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { createProgram } from '../program.ts';
import { collect } from '../testing/collect.ts';
// Loaded before the clock of the first test runs: the command itself loads them when it is called.
import './doctor.ts';
import './read/inputs.ts';

const compose = new URL('../../../../docker-compose.yml', import.meta.url).pathname;
const broken = join(tmpdir(), `brew-doctor-${process.pid}.yml`);
afterAll(() => rm(broken, { force: true }));

/** What `brew doctor …` prints, and its exit code. */
async function doctor(...args: string[]) {
  const { io, lines } = collect();
  const codes: number[] = [];
  await createProgram((code) => codes.push(code), io).parseAsync(['node', 'brew', 'doctor', ...args]);
  return { text: lines.join('\n'), codes };
}

it('ends with 0 when nothing is wrong, and looks at no cluster when it is given files', async () => {
  const { text, codes } = await doctor(compose, '--json');
  expect(codes).toEqual([0]);
  expect(JSON.parse(text)).toMatchObject({ cluster: null, findings: [], errors: 0, warnings: 0 });
});

it('ends with 1 when there are errors, which come first', async () => {
  const text = await readFile(compose, 'utf8');
  const one = text.replaceAll(/(\n +KAFKA_NODE_ID: )\d/g, '$11').replaceAll(/KAFKA_LOG_DIRS: .*/g, '');
  await writeFile(broken, one);
  const report = await doctor(broken, '--json');
  expect(report.codes).toEqual([1]);
  const { nodes, findings, errors, warnings } = JSON.parse(report.text);
  expect(nodes[2]).toEqual({ name: 'kafka-3', file: broken, nodeId: 1, roles: ['broker', 'controller'] });
  expect([errors, warnings]).toEqual([
    findings.filter(({ severity }: { severity: string }) => severity === 'error').length,
    findings.filter(({ severity }: { severity: string }) => severity === 'warning').length,
  ]);
  expect(findings[0]).toMatchObject({ rule: 'node-id-duplicate', severity: 'error', file: broken });
  expect(findings.at(-1)).toMatchObject({ rule: 'log-folder-temporary', severity: 'warning' });
  expect((await doctor(broken)).codes).toEqual([1]);
});
