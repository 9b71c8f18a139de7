/** The events of a replay's stream, as POST /replays of analytics sends them; of each, what is printed. */
export interface ReplayMessages {
  plan: Plan;
  progress: Progress;
  comparison: { comparisons: Comparison[] };
  check: { tables: TableDifference[] };
  done: Outcome;
  failed: { message: string };
}

export interface Plan {
  beginning: 'beside' | 'resume' | 'in place';
  projections: { name: string; live?: string }[];
  partitions: unknown[];
  records: number;
  /** Topics of which the beginning is gone, and when they begin now, ISO 8601. */
  incomplete: { topic: string; since: string | null }[];
}

export interface Progress {
  partitions: ReadPartition[];
}

interface ReadPartition {
  topic: string;
  partition: number;
  /** Offsets: where it began, where it is, where it ends. */
  from: number;
  offset: number;
  until: number;
}

type Numbers = Record<string, number>;

export interface Comparison {
  projection: string;
  /** What it is compared by, such as `cafe`. */
  by: string;
  totals: { live: Numbers; rebuilt: Numbers };
  same: number;
  different: number;
  differences: { what: string; live: Numbers | null; rebuilt: Numbers | null }[];
}

export interface TableDifference {
  table: string;
  rows: number;
  onlyLive: number;
  onlyRebuilt: number;
  examples: { live: unknown[]; rebuilt: unknown[] };
}

export interface Outcome {
  outcome: 'planned' | 'built' | 'checked' | 'switched' | 'different';
  schemas: string[];
  seconds: number;
}
