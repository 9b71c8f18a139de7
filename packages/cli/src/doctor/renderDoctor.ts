import { counted, type Paint, wrap } from '../text/format.ts';
import type { DoctorReport } from './doctor.ts';
import type { Finding } from './finding.ts';

/**
 * Each finding as a paragraph, and a line for all.
 * @param columns how wide it may be; 0: as wide as it gets
 */
export function renderDoctor(report: DoctorReport, columns: number, paint: Paint): string[] {
  const { nodes, cluster, findings, errors, warnings } = report;
  const looked = [
    ...(nodes.length > 0
      ? [`${counted(nodes.length, 'node')} (${nodes.map(({ name }) => name).join(', ')})`]
      : []),
    ...(cluster === null ? [] : [`the topics of ${cluster}`]),
  ].join(' and ');
  const verdict =
    errors + warnings === 0
      ? paint('green', `✔ ${looked} checked: nothing found.`)
      : `${looked} checked: ${[
          ...(errors > 0 ? [paint('red', counted(errors, 'error'))] : []),
          ...(warnings > 0 ? [paint('yellow', counted(warnings, 'warning'))] : []),
        ].join(', ')}.`;
  return [
    ...findings.flatMap((finding) => [...renderFinding(finding, columns, paint), '']),
    ...wrap(verdict, columns),
  ];
}

function renderFinding(finding: Finding, columns: number, paint: Paint): string[] {
  const { rule, severity, file, line, problem, consequence, remedy } = finding;
  const mark = severity === 'error' ? paint('red', '✖ error') : paint('yellow', '! warning');
  return [
    `${mark} ${paint('bold', rule)}  ${paint('cyan', line === null ? file : `${file}:${line}`)}`,
    ...[
      problem,
      `${paint('dim', 'If it stays:')} ${consequence}`,
      `${paint('dim', 'To mend it:')} ${remedy}`,
    ].flatMap((text) => wrap(text, columns && Math.max(20, columns - 2)).map((part) => `  ${part}`)),
  ];
}
