import { expect, it } from '@jest/globals';
import { plain } from '../text/format.ts';
import type { DoctorReport } from './doctor.ts';
import { renderDoctor } from './renderDoctor.ts';

const report: DoctorReport = {
  nodes: [
    { name: 'node-1', file: 'node-1.properties', nodeId: 1, roles: ['broker', 'controller'] },
    { name: 'node-2', file: 'node-2.properties', nodeId: null, roles: ['broker'] },
  ],
  cluster: null,
  findings: [
    {
      rule: 'unclean-election',
      severity: 'error',
      file: 'node-1.properties',
      line: 7,
      problem: 'It is wrong.',
      consequence: 'It goes wrong.',
      remedy: 'Set it right.',
    },
  ],
  errors: 1,
  warnings: 0,
};

it('shows each finding with its place, what is wrong, what happens, and what to do', () => {
  expect(renderDoctor(report, 0, plain)).toEqual([
    '✖ error unclean-election  node-1.properties:7',
    '  It is wrong.',
    '  If it stays: It goes wrong.',
    '  To mend it: Set it right.',
    '',
    '2 nodes (node-1, node-2) checked: 1 error.',
  ]);
});

it('says what was looked at when nothing was found', () => {
  const sound = { ...report, findings: [], errors: 0, cluster: 'localhost:19092' };
  expect(renderDoctor(sound, 0, plain)).toEqual([
    '✔ 2 nodes (node-1, node-2) and the topics of localhost:19092 checked: nothing found.',
  ]);
  expect(renderDoctor({ ...sound, nodes: [] }, 0, plain)[0]).toMatch(
    /^✔ the topics of localhost:19092 checked/,
  );
});

it('fits the terminal', () => {
  const problem = 'It is wrong in a sentence that is longer than the terminal is wide.';
  const long = { ...report, findings: report.findings.map((finding) => ({ ...finding, problem })) };
  const lines = renderDoctor(long, 40, plain);
  expect(lines.slice(1, 3)).toEqual([
    '  It is wrong in a sentence that is',
    '  longer than the terminal is wide.',
  ]);
});
