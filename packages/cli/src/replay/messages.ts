/** The events of a replay's stream, as POST /replays of analytics sends them; of each, what is printed. */
export interface ReplayMessages {
  plan: Plan;
  progress: Progress;
  comparison: { comparisons: Comparison[] };
  /** Who keeps it from switching, in words. */
  held: { sessions: string[] };
  done: Outcome;
  failed: Failure;
}

export interface Plan {
  beginning: 'beside' | 'resume' | 'in place';
  projections: Source[];
  partitions: unknown[];
  records: number;
  /** Topics of which the beginning is gone, and when they begin now, ISO 8601. */
  incomplete: { topic: string; since: string | null }[];
}

/** Which hours of a projection come from where. */
export interface Source {
  name: string;
  /** The tables that are live. */
  live: string | null;
  /** The first hour (ISO 8601) that is built from the topics: those before are carried over from `live`. Null: all is built. */
  builtSince: string | null;
  /** The topic that makes it so, and when what is read of it begins (null: with what comes next). Null: it is no topic. */
  limitedBy: { topic: string; since: string | null } | null;
  /** What will be gone for good, in a sentence. */
  gone: string | null;
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
  /** What is told of, such as `cafe`. */
  by: string;
  /** The first hour that is compared. Null: all is. */
  since: string | null;
  totals: { live: Numbers; rebuilt: Numbers };
  /** How many are the same in every hour, and how many are not. */
  same: number;
  different: number;
  /** Of how many something counts less in an hour of what was built. */
  less: number;
  /** Some of the rows that only one has. */
  examples: { live: unknown[]; rebuilt: unknown[] };
}

export interface Failure {
  message: string;
  /** What helps: to go on with it, to begin anew, or what the message itself says (null). */
  next: 'resume' | 'anew' | null;
}

export interface Outcome {
  outcome: 'planned' | 'built' | 'checked' | 'switched' | 'replaced' | 'different';
  schemas: string[];
  seconds: number;
}
