import type { NodeConfig, Setting } from './node.ts';

/** `error`: the cluster does not start, stands still, or loses data. `warning`: it will, on a bad day. */
export type Severity = 'error' | 'warning';

export interface Finding {
  /** Which rule it breaks, such as voters-differ. */
  rule: string;
  severity: Severity;
  /** Of a live cluster, its address. */
  file: string;
  /** Null where something is missing. */
  line: number | null;
  /** What is wrong, what happens if it stays, and how to mend it: a sentence or two each. */
  problem: string;
  consequence: string;
  remedy: string;
}

/** A mistake that is looked for. */
export interface Rule {
  id: string;
  check(nodes: readonly NodeConfig[]): Omit<Finding, 'rule'>[];
}

/** Where a node's setting stands, or, if it has none, another one's place, or only the file. */
export function placeOf(node: NodeConfig, ...names: string[]): { file: string; line: number | null } {
  const setting = names.map((name) => node.settings.get(name)).find((each) => each !== undefined);
  return setting ? at(setting) : { file: node.file, line: null };
}

export const at = ({ file, line }: Pick<Setting, 'file' | 'line'>) => ({ file, line });
