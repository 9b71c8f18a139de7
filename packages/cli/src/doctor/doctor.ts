import { relative, resolve } from 'node:path';
import { declaredTopics } from '@brew/provision';
import type { ClusterAddress } from '../cluster.ts';
import type { Io } from '../io.ts';
import type { Finding } from './finding.ts';
import { checkTopics } from './live.ts';
import { hasRole, idOf, type NodeConfig, type Role } from './node.ts';
import { readNodes } from './read/inputs.ts';
import { renderDoctor } from './renderDoctor.ts';
import { rules } from './rules/index.ts';

/** What `brew doctor --json` prints. */
export interface DoctorReport {
  nodes: { name: string; file: string; nodeId: number | null; roles: Role[] }[];
  /** The cluster whose topics were looked at; null when none was. */
  cluster: string | null;
  /** Errors first. */
  findings: Finding[];
  errors: number;
  warnings: number;
}

/** What is wrong with these nodes. A setting that several nodes share, since they share a file, is wrong once. */
export function examine(nodes: readonly NodeConfig[]): Finding[] {
  const found = rules.flatMap(({ id, check }) =>
    check(nodes).map((each): Finding => ({ rule: id, ...each })),
  );
  const shared = new Map<string, Finding>();
  for (const finding of found) {
    const { rule, file, line } = finding;
    const key = line === null ? JSON.stringify(finding) : `${rule} ${file}:${line}`;
    if (!shared.has(key)) shared.set(key, finding);
  }
  return [...shared.values()];
}

/**
 * Checks configurations and, where there is one, a cluster that runs.
 * @param cluster undefined: none is looked at
 * @returns whether there is no error
 * @throws FileUnreadableError, BrokerUnavailableError, ReadRefusedError
 */
export async function doctor(
  files: readonly string[],
  { json }: { json?: boolean },
  cluster: ClusterAddress | undefined,
  io: Io,
): Promise<boolean> {
  const nodes = files.length > 0 ? await readNodes(files, process.env) : [];
  const all = [...examine(nodes), ...(cluster ? await checkTopics(cluster, declaredTopics) : [])];
  const findings = ['error', 'warning'].flatMap((severity) =>
    all.filter((each) => each.severity === severity),
  );
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const report: DoctorReport = {
    nodes: nodes.map((node) => ({
      name: node.name,
      file: shown(node.file),
      nodeId: idOf(node) ?? null,
      roles: (['broker', 'controller'] as const).filter((role) => hasRole(node, role)),
    })),
    cluster: cluster?.brokers.join() ?? null,
    findings: findings.map((finding) => ({ ...finding, file: shown(finding.file) })),
    errors,
    warnings: findings.length - errors,
  };
  const lines = json ? [JSON.stringify(report, null, 2)] : renderDoctor(report, io.columns(), io.paint);
  for (const line of lines) await io.out(line);
  return errors === 0;
}

/** As short as it can be from where the user is; the address of a cluster stays as it is. */
function shown(file: string): string {
  const path = relative(process.cwd(), resolve(file));
  return file.startsWith('/') && !path.startsWith('..') ? path : file;
}
